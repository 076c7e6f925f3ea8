"""Mistakes with which production does not start."""

from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

MIN_SECRET_LENGTH = 50
KNOWN_SECRETS = ("change-me", "changeme", "django-insecure", "insecure", "only-for-tests", "secret")


def refuse_plain_sign_in(*addresses: str) -> None:
    """Raise ``ImproperlyConfigured`` where the company's sign-in would be asked without TLS."""
    if any(address and not address.startswith("https://") for address in addresses):
        raise ImproperlyConfigured("OIDC_ISSUER and SAML_SSO_URL begin with https:// in production.")


def refuse_unsafe(*, secret_key: str, debug: bool, hosts: Sequence[str]) -> None:
    """Raise ``ImproperlyConfigured`` unless the secret is long and ours, DEBUG is off and hosts are named."""
    if len(secret_key) < MIN_SECRET_LENGTH or secret_key.lower().startswith(KNOWN_SECRETS):
        raise ImproperlyConfigured(
            f"SECRET_KEY is missing, an example or under {MIN_SECRET_LENGTH} characters. Make one with: "
            "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
    if debug:
        raise ImproperlyConfigured("DEBUG shows secrets to strangers: leave it off in production.")
    if not hosts or "*" in hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts that the desk is served under.")
