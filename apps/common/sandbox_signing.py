"""How the stand-ins read and write signatures; written apart from the desk's, so that both cannot err alike.

Requests: ``Authorization: HMAC-SHA256 Credential=<key id>,SignedHeaders=<names>,Signature=<hex>`` over
``METHOD\\npath\\nsorted query\\nlower header lines\\n\\nsigned headers\\nsha256(body)``, ``x-date`` within 5 min.
Events and notices: Standard Webhooks, ``webhook-signature: v1,<base64>`` over ``id.timestamp.body``.
"""

import base64
import hashlib
import hmac
import re
import time
from calendar import timegm

from apps.common.sandbox import Request

MAX_SKEW_S = 300
EVENT, NOTICE = "application/cloudevents+json; charset=utf-8", "application/json"
REQUIRED = {"host", "x-date", "x-content-sha256"}
AUTHORIZATION = re.compile(
    r"HMAC-SHA256 Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{64})"
)


def complaint(request: Request, *, key_id: str, secret: str) -> str:
    """Why ``request`` is not from the holder of ``secret``; empty when it is."""
    match = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None or match[1] != key_id:
        return "unknown credential"
    names = match[2].split(";")
    needed = REQUIRED | ({"idempotency-key"} if request.method == "POST" else set())
    if not needed <= set(names):
        return "a header that must be signed is not"
    if abs(time.time() - _seconds(request.headers.get("x-date", ""))) > MAX_SKEW_S:
        return "x-date is not now"
    body_hash = hashlib.sha256(request.body).hexdigest()
    if request.headers.get("x-content-sha256") != body_hash:
        return "the body is not what was signed"
    text = _canonical(request, names, match[2], body_hash)
    wanted = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    return "" if hmac.compare_digest(wanted, match[3]) else "wrong signature"


def _canonical(request: Request, names: list[str], listed: str, body_hash: str) -> str:
    query = "&".join(sorted(request.raw_query.split("&"))) if request.raw_query else ""
    lines = [f"{name}:{request.headers.get(name, '').strip()}" for name in names]
    return "\n".join([request.method, request.path, query, *lines, "", listed, body_hash])


def _seconds(text: str) -> float:
    """Seconds since the epoch of ``20261122T035000Z``; 0 when it is nothing of the kind."""
    try:
        return timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        return 0


def webhook_headers(
    webhook_id: str, body: bytes, *, secret: str, at: int, content_type: str = NOTICE
) -> dict[str, str]:
    """What an event or a notice is sent with."""
    signed = hmac.new(secret.encode(), f"{webhook_id}.{at}.".encode() + body, "sha256").digest()
    return {
        "content-type": content_type,
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
