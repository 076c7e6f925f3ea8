"""Every write of inbound events: their receipt, the work on them, their sources."""

from apps.eventbridge.services.receiving import Receipt, keep, receive
from apps.eventbridge.services.sources import (
    WRITABLE,
    create_source,
    delete_source,
    rotate_secret,
    update_source,
)
from apps.eventbridge.services.working import drain, forget_old, replay

__all__ = [
    "WRITABLE",
    "Receipt",
    "create_source",
    "delete_source",
    "drain",
    "forget_old",
    "keep",
    "receive",
    "replay",
    "rotate_secret",
    "update_source",
]
