"""Signed, expiring addresses of attachments."""

from django.core import signing
from django.urls import reverse

SALT = "chat.attachment"
URL_LIFE_S = 3600  # long enough to read a chat; the transcript is re-signed on every load


def signed_path(attachment_id: str) -> str:
    """The path under which the file with this public id can be fetched for an hour."""
    return reverse("chat-file", args=[signing.dumps(str(attachment_id), salt=SALT)])


def attachment_id_of(signed: str) -> str | None:
    """The public id that was signed; None when the signature is wrong or too old."""
    try:
        return signing.loads(signed, salt=SALT, max_age=URL_LIFE_S)
    except signing.BadSignature:
        return None
