"""From which pages browsers may talk to the desk, asked on every request of a visitor: kept for a moment."""

import logging
import time
from collections.abc import Mapping

from django.db import DatabaseError
from django.http import HttpRequest
from psycopg_pool import PoolTimeout

from apps.inboxes.models import Inbox
from apps.inboxes.origins import matches

logger = logging.getLogger(__name__)

KEPT_SECONDS = 2.0
Origins = Mapping[str, tuple[str, ...]]
_kept: dict[str, tuple[float, Origins]] = {}


def allowed_origins(*, clock=time.monotonic) -> Origins:
    """Origins by slug of the active inboxes, at most ``KEPT_SECONDS`` old, or the last known ones."""
    read_at, origins = _kept.get("all", (float("-inf"), {}))
    if clock() - read_at < KEPT_SECONDS:
        return origins
    try:
        rows = Inbox.objects.active().values_list("slug", "allowed_origins")
        origins = {slug: tuple(allowed) for slug, allowed in rows}
    except (DatabaseError, PoolTimeout):
        logger.warning("Cannot read the origins of the inboxes; using the last known.")
    _kept["all"] = (clock(), origins)
    return origins


def forget() -> None:
    """Read the inboxes anew at the next request."""
    _kept.clear()


def may_embed(origin: str, slug: str = "") -> bool:
    """Whether pages of ``origin`` may use the inbox ``slug``; any active inbox when none is named."""
    return any(matches(origin, allowed) for name, allowed in allowed_origins().items() if slug in ("", name))


def is_trusted_page(request: HttpRequest, inbox: Inbox) -> bool:
    """Whether ``request`` comes from us, from a page that may embed ``inbox``, or from no browser at all."""
    origin = request.headers.get("Origin", "")
    own = f"{request.scheme}://{request.get_host()}"
    return not origin or origin == own or inbox.allows_origin(origin)
