"""Signatures of Alibaba Cloud EventBridge. V2: RSA over SHA-256; V1 (HMAC-SHA1) only where the setting allows it.

Source: https://help.aliyun.com/en/eventbridge/user-guide/signature-algorithm; the line feed after the body, which some
senders append, from ``StringToSignBuilder`` of alibabacloud-eventbridge-sdk.
"""

import base64
import binascii
import hmac
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings

from apps.eventbridge.errors import BadSignature
from apps.eventbridge.models import EventSource
from apps.eventbridge.verification.certificates import public_key
from apps.eventbridge.verification.incoming import Incoming, require_recent

TOLERANCE_S = 60
PREFIX = "x-eventbridge-signature"
METHOD_V2, METHOD_V1 = "x-eventbridge-hash-method", f"{PREFIX}-method"
TOKEN = f"{PREFIX}-token"


def verify(source: EventSource, incoming: Incoming, *, now: datetime) -> None:
    """Raises ``BadSignature``, ``StaleTimestamp``, ``CertificateUnavailable``."""
    headers = incoming.headers
    require_recent(headers.get(f"{PREFIX}-timestamp", ""), now=now, tolerance_s=TOLERANCE_S, per_second=1000)
    if headers.get(f"{PREFIX}-v2"):
        _require_v2(source, incoming)
    elif headers.get(PREFIX) and settings.EVENTBRIDGE_ACCEPT_V1:
        _require_v1(source, incoming)
    else:
        raise BadSignature()
    _require_token(source, headers.get(TOKEN, ""), now)


def string_to_sign(incoming: Incoming, method_header: str) -> bytes:
    """The public address, the signature's headers in their fixed order, and the raw body; one per line."""
    names = [f"{PREFIX}-timestamp", method_header, f"{PREFIX}-version", f"{PREFIX}-url", TOKEN]
    given = [name for name in names if name != TOKEN or name in incoming.headers]
    lines = [incoming.url, *(f"{name}: {incoming.headers.get(name, '')}" for name in given)]
    return "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n" + incoming.raw


def _require_v2(source: EventSource, incoming: Incoming) -> None:
    if incoming.headers.get(METHOD_V2, "").upper() != "SHA256":
        raise BadSignature()
    key = public_key(source, incoming.headers.get(f"{PREFIX}-url", ""))
    given = _decoded(incoming.headers[f"{PREFIX}-v2"])
    text = string_to_sign(incoming, METHOD_V2)
    if not any(_signed(key, given, variant) for variant in (text, text + b"\n")):
        raise BadSignature()


def _signed(key: RSAPublicKey, given: bytes, text: bytes) -> bool:
    try:
        key.verify(given, text, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _require_v1(source: EventSource, incoming: Incoming) -> None:
    """The sender's temporary secret stands in the request, "encrypted" with its private key."""
    if incoming.headers.get(METHOD_V1) != "HMAC-SHA1":
        raise BadSignature()
    key = public_key(source, incoming.headers.get(f"{PREFIX}-url", ""))
    try:
        secret = key.recover_data_from_signature(
            _decoded(incoming.headers.get(f"{PREFIX}-secret", "")), PKCS1v15(), None
        )
    except InvalidSignature as error:
        raise BadSignature() from error
    given = _decoded(incoming.headers[PREFIX])
    text = string_to_sign(incoming, METHOD_V1)
    valid = [hmac.digest(secret, variant, "sha1") for variant in (text + b"\n", text)]
    if not any(hmac.compare_digest(given, mac) for mac in valid):
        raise BadSignature()


def _require_token(source: EventSource, given: str, now: datetime) -> None:
    """Where the source has a secret, it is the token that the rule of the event bus names."""
    tokens = source.secrets_at(now)
    raw = given.encode("utf-8", "surrogateescape")
    if tokens and not any(hmac.compare_digest(raw, token.encode()) for token in tokens):
        raise BadSignature()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature() from error
