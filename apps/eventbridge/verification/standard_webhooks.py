"""Standard Webhooks: ``webhook-signature: v1,base64(HMAC-SHA256(id.timestamp.body))``, several while keys rotate.

Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

from apps.eventbridge.errors import BadSignature
from apps.eventbridge.models import EventSource
from apps.eventbridge.verification.incoming import Incoming, require_recent

TOLERANCE_S = 300
PREFIX = "whsec_"
MOST_SIGNATURES = 10


def signature(secret: str, message_id: str, stamp: str, body: bytes) -> str:
    """``v1,…`` of a message. A secret with the prefix ``whsec_`` is base64, any other is taken as its UTF-8 bytes."""
    content = f"{message_id}.{stamp}.".encode() + body
    mac = hmac.new(_key(secret), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(mac).decode()}"


def verify(source: EventSource, incoming: Incoming, *, now: datetime) -> None:
    """Raises ``BadSignature``, ``StaleTimestamp``."""
    message_id = incoming.headers.get("webhook-id", "")
    stamp = incoming.headers.get("webhook-timestamp", "")
    given = incoming.headers.get("webhook-signature", "").split()[:MOST_SIGNATURES]
    if not message_id or not given:
        raise BadSignature()
    require_recent(stamp, now=now, tolerance_s=TOLERANCE_S)
    valid = [signature(secret, message_id, stamp, incoming.raw) for secret in source.secrets_at(now)]
    if not any(_equal(one, other) for one in given for other in valid):
        raise BadSignature()


def _equal(given: str, valid: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), valid.encode())


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()
