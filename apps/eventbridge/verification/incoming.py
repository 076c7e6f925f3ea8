from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.eventbridge.errors import BadSignature, StaleTimestamp


@dataclass(frozen=True)
class Incoming:
    """A request as it came in: lower-case header names, raw bytes, and the public address that was called."""

    headers: Mapping[str, str]
    raw: bytes
    url: str  # with the query, as the sender wrote it
    access_token: str = ""  # from the query


def require_recent(stamp: str, *, now: datetime, tolerance_s: int, per_second: int = 1) -> None:
    """``stamp`` is Unix time with ``per_second`` units a second. Raises ``BadSignature``, ``StaleTimestamp``."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 16):
        raise BadSignature()
    if abs(now.timestamp() - int(stamp) / per_second) > tolerance_s:
        raise StaleTimestamp()
