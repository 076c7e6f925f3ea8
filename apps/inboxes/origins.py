import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ANY = "*"
# Scheme and host, a wildcard for the subdomains, a port: what both CORS and frame-ancestors understand.
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


def validate_origin(text: str) -> None:
    """Raise ``ValidationError`` unless ``text`` is ``*`` or an origin such as ``https://*.shop.example``."""
    if text != ANY and not ORIGIN.fullmatch(text):
        raise ValidationError(
            _("%(origin)s is not an origin such as https://shop.example."), params={"origin": text}
        )


def matches(origin: str, allowed: Iterable[str]) -> bool:
    """Whether ``origin`` (as a browser sends it) is one of ``allowed``; ``null`` only under ``*``."""
    return any(pattern == ANY or _matches_one(origin.lower(), pattern) for pattern in allowed)


def _matches_one(origin: str, pattern: str) -> bool:
    if "//*." not in pattern:
        return origin == pattern
    scheme, suffix = pattern.split("*", 1)
    # A wildcard stands for at least one label, and for nothing that could leave the host part.
    label = origin.removeprefix(scheme).removesuffix(suffix)
    return origin == f"{scheme}{label}{suffix}" and re.fullmatch(r"[a-z0-9.-]+", label) is not None
