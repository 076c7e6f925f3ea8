"""OpenID Connect: allauth's dance with what it leaves to TLS checked as well (OpenID Connect Core 1.0 §3.1.3.7).

The ID token's signature, issuer, audience, times and nonce are verified, and its subject must be that of userinfo.
"""

from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.common.ids import new_token

PROVIDER = "oidc"
# Nothing symmetric: a public key is no secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
LEEWAY_S = 60


class StrictAdapter(OpenIDConnectOAuth2Adapter):
    """The exchange of a code, and the verdict on what comes back."""

    nonce = ""  # of the request that this browser made

    @property
    def openid_config(self) -> dict[str, Any]:
        config = super().openid_config
        if config.get("issuer", "").rstrip("/") != self.get_provider().app.settings["server_url"]:
            raise OAuth2Error("The provider names another issuer.")
        return config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("oidc-callback"))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> Any:
        """The login of who the provider names. Raises ``OAuth2Error``."""
        id_token = self._verified(app, kwargs["response"].get("id_token") or "")
        data = {"id_token": id_token, "userinfo": id_token}
        if "userinfo_endpoint" in self.openid_config:
            data["userinfo"] = self._fetch_user_info(token.token)
        if data["userinfo"].get("sub") != id_token["sub"]:
            raise OAuth2Error("The provider speaks of two people.")
        return self.get_provider().sociallogin_from_response(request, data)

    def _verified(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        try:
            claims = jwt.decode(
                id_token,
                self._key_of(id_token),
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise OAuth2Error(f"The ID token is not right: {error}") from error
        if not self.nonce or claims.get("nonce") != self.nonce:
            raise OAuth2Error("The ID token answers another request.")
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("The ID token was made for another client.")
        return claims

    def _key_of(self, id_token: str) -> Any:
        """The provider's public key that the token names. Raises ``PyJWTError``."""
        with get_adapter().get_requests_session() as http:
            response = http.get(self.openid_config["jwks_uri"])
            response.raise_for_status()
        wanted = jwt.get_unverified_header(id_token).get("kid")
        published = jwt.PyJWKSet.from_dict(response.json()).keys
        keys = [key for key in published if key.public_key_use in ("sig", None)]
        found = [key for key in keys if key.key_id == wanted] if wanted else keys[:1]
        if not found:
            raise jwt.InvalidTokenError("unknown key")
        return found[0]


class CallbackView(OAuth2CallbackView):
    """Where the provider sends the browser back to."""

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, Any]:
        state, response = super()._get_state(request, provider)
        if state:
            self.adapter.nonce = state.get("nonce", "")  # type: ignore[attr-defined]
            issuer = request.GET.get("iss")  # RFC 9207: the answer of another provider
            if issuer and issuer.rstrip("/") != provider.app.settings["server_url"]:
                return None, render_authentication_error(request, provider)
        return state, response


def callback(request: HttpRequest) -> HttpResponse:
    return CallbackView.adapter_view(StrictAdapter(request, PROVIDER))(request)


def leave_for(request: HttpRequest, provider: Any, *, process: str, next_url: str) -> HttpResponse:
    """Send the browser to the provider, with a state, a nonce and a PKCE challenge of its own."""
    provider.oauth2_adapter_class = StrictAdapter
    nonce = new_token()
    auth_params = {**provider.get_auth_params(), "nonce": nonce}
    return provider.redirect(
        request, process=process, next_url=next_url, auth_params=auth_params, nonce=nonce
    )
