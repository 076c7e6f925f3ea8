"""For endpoints that other systems deliver to: raw bytes of limited size, and patience of limited length."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from apps.common import throttle
from apps.common.errors import DomainError, RateLimited

REFUSALS_PER_MINUTE = 120  # per endpoint and address; a sender that is believed has no limit


class BodyTooLarge(DomainError):
    """The request is larger than anything that is delivered here."""

    code = "body_too_large"
    status = 413
    default_detail = _("The body is too large.")


def raw_body(request: Request, most: int) -> bytes:
    """The body's bytes, which nothing has read. Raises ``BodyTooLarge`` beyond ``most``, without reading the rest."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > most:
        raise BodyTooLarge()
    raw = request._request.read(most + 1)
    if len(raw) > most:
        raise BodyTooLarge()
    return raw


def header_map(request: Request) -> dict[str, str]:
    """Headers by lower-case name."""
    return {name.lower(): value for name, value in request.headers.items()}


@contextmanager
def few_refusals(request: Request, endpoint: str) -> Iterator[None]:
    """Counts refusals within the block. Raises ``RateLimited`` for an address that had too many of late."""
    key = f"refusals:{endpoint}:{request.META.get('REMOTE_ADDR', '')}"
    if throttle.used(key) >= REFUSALS_PER_MINUTE:
        raise RateLimited(retry_after=60)
    try:
        yield
    except DomainError:
        throttle.allow(key, limit=REFUSALS_PER_MINUTE, window_s=60)
        raise
