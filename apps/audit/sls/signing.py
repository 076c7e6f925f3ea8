"""SLS4-HMAC-SHA256, the fourth signature of the log service.

``METHOD\\npath\\nquery\\n`` + each signed header as ``name:value\\n`` + ``\\n`` + ``names;of;them\\n`` + SHA-256
of the body; signed are content-type, host and all of x-log-* and x-acs-*.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import httpx
from django.utils import timezone

from apps.common.http import Signer

SCHEME, REQUEST = "SLS4-HMAC-SHA256", "aliyun_v4_request"


def signer(
    key_id: str, secret: str, region: str, *, clock: Callable[[], datetime] = timezone.now, **fixed: str
) -> Signer:
    """A ``sign`` for ``Outside.call``; ``fixed`` are further headers, ``_`` for ``-``."""

    def sign(method: str, url: httpx.URL, body: bytes) -> Mapping[str, str]:
        at = clock().astimezone(UTC)
        headers = {name.replace("_", "-"): value for name, value in fixed.items()} | {
            "host": url.netloc.decode("ascii"),
            "x-log-date": f"{at:%Y%m%dT%H%M%SZ}",
            "x-log-content-sha256": hashlib.sha256(body).hexdigest(),
        }
        day = f"{at:%Y%m%d}"
        found = signature(secret, region, day, canonical(method, url, headers), headers["x-log-date"])
        credential = f"Credential={key_id}/{day}/{region}/sls/{REQUEST}"
        return {**headers, "authorization": f"{SCHEME} {credential},Signature={found}"}

    return sign


def canonical(method: str, url: httpx.URL, headers: Mapping[str, str]) -> str:
    """The text that is signed."""
    path, _, query = url.raw_path.decode("ascii").partition("?")
    signed = {name: value.strip() for name, value in sorted(headers.items()) if _is_signed(name)}
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    ordered = "&".join(sorted(query.split("&"))) if query else ""
    return f"{method}\n{path}\n{ordered}\n{lines}\n{';'.join(signed)}\n{headers['x-log-content-sha256']}"


def _is_signed(name: str) -> bool:
    return name in ("host", "content-type") or name.startswith(("x-log-", "x-acs-"))


def signature(secret: str, region: str, day: str, text: str, at: str) -> str:
    """Hex of the signature; the key is derived step by step from date, region and service."""
    scope = f"{day}/{region}/sls/{REQUEST}"
    to_sign = f"{SCHEME}\n{at}\n{scope}\n{hashlib.sha256(text.encode()).hexdigest()}"
    key = f"aliyun_v4{secret}".encode()
    for part in (day, region, "sls", REQUEST):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()
