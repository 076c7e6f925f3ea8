"""Signatures of the signed REST gateway's notices; requests are signed by ``apps.common.signing``.

Standard Webhooks 1.0 (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``).
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)


def notice_is_genuine(
    headers: Mapping[str, str], raw: bytes, *, secrets: Sequence[str], now: datetime
) -> bool:
    """Whether ``raw`` was signed with one of ``secrets`` (two while keys change), not long ago.

    ``headers`` has lower-case names.
    """
    notice_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not notice_id or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > TOLERANCE:
        return False
    signed = f"{notice_id}.{stamp}.".encode() + raw
    wanted = [hmac.new(secret.encode(), signed, "sha256").digest() for secret in secrets]
    given = [_decoded(part) for part in headers.get("webhook-signature", "").split(" ")[:5]]
    return any(hmac.compare_digest(good, one) for good in wanted for one in given)


def _decoded(part: str) -> bytes:
    """The digest of one ``v1,<base64>``; empty when it is nothing of the kind."""
    version, _, text = part.partition(",")
    try:
        return base64.b64decode(text, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""
