"""How allauth's parts behave in the desk: no sign-up, no mails, no messages; what it does is written down."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.access.signin import identities, opening
from apps.access.signin.outgoing import OutsideAdapter
from apps.common.fields import decrypted, encrypted


class SignInAdapter(DefaultAccountAdapter):
    """The way in, once somebody has shown who they are: by password or through the company's provider."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["apps.access.signin.stages.SecondFactorStage"]

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return identities.refusal(request, "inactive")

    def login(self, request: HttpRequest, user: Any) -> None:
        """A new session key, and a line in the lists. Whatever the browser had been before is over."""
        records = get_authentication_records(request, user)  # before the session changes
        super().login(request, user)
        opening.opened(request, user, records)

    def post_login(self, request: HttpRequest, user: Any, **hooks: Any) -> HttpResponse:
        target = hooks.get("redirect_url") or ""
        return HttpResponseRedirect(target if self.is_safe_url(target) else settings.LOGIN_REDIRECT_URL)

    def is_safe_url(self, url: str) -> bool:
        from allauth.core import context

        request = context.request
        return bool(url) and url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Pages say what happened themselves."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Mail leaves through the outbox, and none of allauth's is wanted."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """As ``send_mail``."""


class IdentityAdapter(DefaultSocialAccountAdapter):
    """What a provider says about somebody, and whom of us it means."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        identities.admit(request, sociallogin)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> None:
        """Never by allauth; see ``identities``."""
        return None

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        identities.fail(request, provider, **kwargs)

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("console-security")

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list:
        """Providers are configured by the environment; the database is not asked."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def get_requests_session(self) -> Any:
        session = super().get_requests_session()
        session.max_redirects = 0  # a redirect is refused
        session.trust_env = False
        for scheme in ("https://", "http://"):
            session.mount(scheme, OutsideAdapter())
        return session


class FactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are stored encrypted."""

    def encrypt(self, text: str) -> str:
        return encrypted(text)

    def decrypt(self, encrypted_text: str) -> str:
        # What no key opens any more must fit no code, so it is not an empty secret.
        return decrypted(encrypted_text) or generate_totp_secret()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        return _("Security key")

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The audit has it."""
