"""Signatures of the signed REST gateway: ours on requests, theirs on notices.

Requests as in our order service contract: ``Authorization: HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…``.
Notices: Standard Webhooks 1.0 (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``).
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import httpx

TOLERANCE = timedelta(minutes=5)


def signed_headers(
    method: str, url: httpx.URL, body: bytes, *, key_id: str, secret: str, now: datetime, idempotency_key: str
) -> dict[str, str]:
    """Headers that prove a request to be ours; the signature covers method, path, query, these headers and body."""
    body_hash = hashlib.sha256(body).hexdigest()
    headers = {
        "host": url.netloc.decode(),
        "x-content-sha256": body_hash,
        "x-date": now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
    }
    if idempotency_key:
        headers["idempotency-key"] = idempotency_key
    names = sorted(headers)
    query = "&".join(sorted(url.query.decode().split("&"))) if url.query else ""
    lines = [f"{name}:{headers[name]}" for name in names]
    path = url.raw_path.decode().partition("?")[0]
    text = "\n".join([method, path, query, *lines, "", ";".join(names), body_hash])
    signature = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
    credential = f"Credential={key_id},SignedHeaders={';'.join(names)},Signature={signature}"
    return {**headers, "authorization": f"HMAC-SHA256 {credential}"}


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
