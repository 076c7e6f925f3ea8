"""Signed, expiring addresses of attachments."""

from typing import Any

from django.core import signing
from django.urls import reverse

from apps.access import shown_files

SALT = "chat.attachment"
LABEL = "chat.attachment"  # as it is uncovered
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


def key_of(session: str, attachment_id: object) -> str:
    """How an attachment is named when it is uncovered: behind its chat."""
    return f"{session}:{attachment_id}"


def shown_path(key: str, user: Any) -> str:
    """The path under which ``user``, who sees masks, has uncovered the file with this key."""
    return reverse("chat-file", args=[shown_files.sign(LABEL, key, user)])
