"""SAML 2.0: allauth's views with assertions that count once and names that last.

Every assertion must be signed, be for us and for now, and answer a request of this very browser.
"""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from allauth.socialaccount.providers.saml.views import FinishACSView
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from apps.access.signin import identities

PROVIDER = "saml"
REMEMBERED_S = 24 * 3600  # longer than any assertion lives
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


class StrictProvider(SAMLProvider):
    """Takes an assertion once, and no name that is another one tomorrow."""

    def sociallogin_from_response(self, request: HttpRequest, auth: Any) -> Any:
        assertion = auth.get_last_assertion_id()
        if not assertion or not cache.add(f"saml:{assertion}", 1, timeout=REMEMBERED_S):
            identities.turn_away(request, "failed", provider=PROVIDER)
        if auth.get_nameid_format() == TRANSIENT and "uid" not in self._extract(auth):
            identities.turn_away(request, "failed", provider=PROVIDER)
        return super().sociallogin_from_response(request, auth)


class FinishView(FinishACSView):
    """Where the provider's answer is judged."""

    def get_provider(self, organization_slug: str) -> StrictProvider:
        return StrictProvider(self.request, app=self.get_app(organization_slug))

    def dispatch(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        try:
            return super().dispatch(request, organization_slug)
        except ImmediateHttpResponse as answer:
            return answer.response
        except PermissionDenied:  # no request of this browser waits for the answer
            try:
                identities.turn_away(request, "failed", provider=PROVIDER)
            except ImmediateHttpResponse as answer:
                return answer.response
        raise AssertionError


finish = FinishView.as_view()
