"""Signing of our own REST contracts (order source, refund gateway): HMAC-SHA256 over a canonical request.

``Authorization: HMAC-SHA256 Credential=<key id>,SignedHeaders=<names>,Signature=<hex>`` over
``METHOD\\npath\\nsorted query\\nlower header lines\\n\\nsigned headers\\nsha256(body)``.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx

from apps.common.http import Signer

SIGNED = ("host", "x-date", "x-content-sha256")


def hmac_signer(
    key_id: str, secret: str, *, idempotency_key: str = "", now: datetime | None = None
) -> Signer:
    """A ``sign`` for ``Outside.call``; the time is read anew for each attempt unless ``now`` is given."""

    def sign(method: str, url: httpx.URL, body: bytes) -> Mapping[str, str]:
        signed = {
            "host": url.netloc.decode("ascii"),
            "x-date": (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"),
            "x-content-sha256": hashlib.sha256(body).hexdigest(),
        }
        if idempotency_key:
            signed["idempotency-key"] = idempotency_key
        names = ";".join(signed)
        text = canonical(method, url, signed)
        signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        credential = f"HMAC-SHA256 Credential={key_id},SignedHeaders={names},Signature={signature}"
        return {**signed, "authorization": credential}

    return sign


def canonical(method: str, url: httpx.URL, signed: Mapping[str, str]) -> str:
    """The text that is signed; path and query are those on the wire, still encoded."""
    path, _, query = url.raw_path.decode("ascii").partition("?")
    sorted_query = "&".join(sorted(query.split("&"))) if query else ""
    lines = [f"{name}:{value.strip()}" for name, value in signed.items()]
    return "\n".join([method, path, sorted_query, *lines, "", ";".join(signed), signed["x-content-sha256"]])
