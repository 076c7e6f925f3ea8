from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from apps.access.services import user_of_token
from apps.common import context


def bearer_token(request) -> str | None:
    """The token of ``Authorization: Bearer …``, or None."""
    parts = get_authorization_header(request).split()
    if len(parts) != 2 or parts[0].lower() != b"bearer":
        return None
    return parts[1].decode("latin-1")


class BearerAuthentication(BaseAuthentication):
    """API clients: ``Authorization: Bearer <token>`` as made by ``manage.py api_token``."""

    def authenticate(self, request):
        token = bearer_token(request)
        if token is None:
            return None
        user = user_of_token(token)
        if user is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        context.label(actor=f"user:{user.pk}")
        context.establish(**user.facts)
        return user, token

    def authenticate_header(self, request):
        return 'Bearer realm="helpdesk"'


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = BearerAuthentication
    name = "bearerAuth"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}
