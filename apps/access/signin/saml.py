"""SAML 2.0: allauth's views with assertions that count once and names that last.

Every assertion must be signed, be for us and for now, and answer a request of this very browser.
"""

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from allauth.socialaccount.providers.saml.utils import get_app_or_404
from allauth.socialaccount.providers.saml.views import ACSView, FinishACSView, MetadataView
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt

from apps.access.signin import identities, lockout
from apps.common import throttle

PROVIDER = "saml"
ANSWERS_PER_MINUTE = 60  # from one address
ANSWER_MAX = 200_000  # bytes; it is kept until the browser comes for it
REMEMBERED_S = 24 * 3600  # longer than any assertion lives
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"


class StrictProvider(SAMLProvider):
    """Takes an assertion once, and no name that is another one tomorrow."""

    assertion = ""  # the id of the one that is being judged

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        name_host(request)
        return super().redirect(request, process, **kwargs)

    def sociallogin_from_response(self, request: HttpRequest, auth: Any) -> Any:
        self.assertion = auth.get_last_assertion_id() or ""
        if auth.get_nameid_format() == TRANSIENT and "uid" not in self._extract(auth):
            identities.turn_away(request, "failed", provider=PROVIDER)
        return super().sociallogin_from_response(request, auth)

    def unstash_redirect_state(self, request: HttpRequest, state_id: str) -> dict[str, Any]:
        """The request of this browser that is answered, once. Raises ``PermissionDenied``."""
        state = super().unstash_redirect_state(request, state_id)
        # Nobody but who asked can use an assertion up.
        if not self.assertion or not cache.add(f"saml:{self.assertion}", 1, timeout=REMEMBERED_S):
            raise PermissionDenied
        return state


def name_host(request: HttpRequest) -> None:
    """allauth looks for the host where a request without that header has none."""
    request.META.setdefault("HTTP_HOST", request.get_host())


@method_decorator(csrf_exempt, name="dispatch")
class AnswerView(ACSView):
    """Takes the provider's answer from the browser, which brings no cookie along; ``FinishView`` judges it."""

    def dispatch(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        get_app_or_404(request, organization_slug)
        if int(request.META.get("CONTENT_LENGTH") or 0) > ANSWER_MAX:
            return HttpResponse(status=413)
        throttle.require(f"saml:{lockout.address()}", limit=ANSWERS_PER_MINUTE, window_s=60)
        name_host(request)
        return super().dispatch(request, organization_slug)


class OurMetadataView(MetadataView):
    """What the provider wants to know about us."""

    def dispatch(self, request: HttpRequest, organization_slug: str) -> HttpResponse:
        name_host(request)
        return super().dispatch(request, organization_slug)


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


answer, finish, metadata = AnswerView.as_view(), FinishView.as_view(), OurMetadataView.as_view()
