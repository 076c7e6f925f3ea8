"""Names in addresses and Message-IDs by which an answer finds its ticket. Signed: nobody can make one up."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import salted_hmac

SIGNED = 10  # bytes of the signature: 80 bits
PLAIN = 6  # bytes of the ticket's key
TOKEN_SALT, ID_SALT = "tickets.reply", "tickets.message-id"
OUR_ID = re.compile(r"<tkt\.(\d{1,18})\.(\w{1,20})\.([0-9a-f]{20})@[^<>@\s]+>")
PLUS = re.compile(r"\+([a-z2-7]{26})@")


def ticket_token(ticket_pk: int) -> str:
    """26 characters of the base32 alphabet in lower case: addresses do not keep capitals."""
    plain = ticket_pk.to_bytes(PLAIN, "big")
    return base64.b32encode(plain + _signature(TOKEN_SALT, plain)).decode().rstrip("=").lower()


def ticket_of_addresses(addresses: Iterable[str]) -> int | None:
    """Key of the ticket that one of ``addresses`` names; None without a valid token."""
    tokens = [match[1] for match in map(PLUS.search, addresses) if match]
    return next((pk for pk in map(_ticket_of_token, tokens) if pk is not None), None)


def _ticket_of_token(token: str) -> int | None:
    try:
        signed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except binascii.Error:
        return None
    plain, signature = signed[:PLAIN], signed[PLAIN:]
    return (
        int.from_bytes(plain, "big")
        if hmac.compare_digest(signature, _signature(TOKEN_SALT, plain))
        else None
    )


def message_id(ticket_pk: int, name: object) -> str:
    """The Message-ID of a mail of the ticket; ``name`` tells it from the others: a message's key, say."""
    signature = _signature(ID_SALT, f"{ticket_pk}.{name}".encode()).hex()
    return f"<tkt.{ticket_pk}.{name}.{signature}@{settings.MAIL_DOMAIN}>"


def ticket_of_ids(ids: Iterable[str]) -> int | None:
    """Key of the ticket that the last of our Message-IDs among ``ids`` belongs to; None without a valid one."""
    ours = [match for match in map(OUR_ID.fullmatch, ids) if match]
    valid = [int(match[1]) for match in ours if _is_ours(match)]
    return valid[-1] if valid else None


def _is_ours(match: re.Match) -> bool:
    expected = _signature(ID_SALT, f"{match[1]}.{match[2]}".encode()).hex()
    return hmac.compare_digest(match[3], expected)


def _signature(salt: str, value: bytes) -> bytes:
    return salted_hmac(salt, value, algorithm="sha256").digest()[:SIGNED]
