"""Uploads: judged by their content, kept under names of our own."""

import io
import re
from dataclasses import dataclass
from datetime import datetime

import puremagic
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from apps.access.actors import Actor
from apps.audit import services as audit
from apps.chat.errors import UploadRefused, UploadTooLarge
from apps.chat.log import SENDER_KINDS
from apps.chat.models import Attachment, ChatSession
from apps.chat.services.messages import speaks_in
from apps.chat.services.state import require_live
from apps.common.errors import AccessDenied

IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
FILE_TYPES = frozenset({"application/pdf", "text/plain"})
ALLOWED_TYPES = [*IMAGE_TYPES.values(), *sorted(FILE_TYPES)]
MAX_PIXELS = 40_000_000  # a decoded image of more would eat the memory of whoever looks at it
MAX_NAME = 120
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # all but tab, line feed, form feed, return


@dataclass(frozen=True)
class Sniffed:
    """What a file really is, whatever it was called."""

    mime: str
    width: int | None = None
    height: int | None = None


def add_attachment(
    session: ChatSession, *, actor: Actor, upload: UploadedFile, now: datetime | None = None
) -> Attachment:
    """Keep a file that a message of ``session`` may then refer to.

    Raises ``UploadTooLarge``, ``UploadRefused`` for a type not allowed or content that is not what it says,
    ``AccessDenied`` or ``SessionClosed``.
    """
    _require_uploader(session, actor)
    require_live(session)
    if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise UploadTooLarge(max_bytes=settings.UPLOAD_MAX_BYTES)
    content = upload.read()
    attachment = Attachment(
        session=session,
        uploader_kind=SENDER_KINDS[actor.actor_kind],
        uploader_id=actor.pk,
        name=clean_name(upload.name or ""),
        size=len(content),
        created_at=now or timezone.now(),
        **vars(sniff(content)),
    )
    _keep(attachment, content, actor)
    return attachment


def _keep(attachment: Attachment, content: bytes, actor: Actor) -> None:
    """The file first, outside any transaction; the row last, so that no row ever names a file that is not there."""
    attachment.file.save("upload", ContentFile(content), save=False)
    with transaction.atomic():
        attachment.save(force_insert=True)
        audit.record(
            actor=actor,
            action="chat:UploadFile",
            target=attachment,
            at=attachment.created_at,
            mime=attachment.mime,
        )


def _require_uploader(session: ChatSession, actor: Actor) -> None:
    if actor.actor_kind == "customer":
        if session.customer_id != actor.pk:
            raise AccessDenied()
    elif not speaks_in(session, actor):
        raise AccessDenied(_("This chat is not yours. Accept it or join it first."))


def sniff(content: bytes) -> Sniffed:
    """The type of ``content`` by looking at it. Raises ``UploadRefused`` for anything not allowed."""
    if not content:
        raise UploadRefused(_("This file is empty."))
    image = _as_image(content)
    if image is not None:
        return image
    if content.startswith(b"%PDF-") and _magic(content) == "application/pdf":
        return Sniffed("application/pdf")
    if _is_text(content):
        return Sniffed("text/plain")
    raise UploadRefused(
        _("Only images (PNG, JPEG, GIF, WebP), PDF and plain text can be sent."), allowed=ALLOWED_TYPES
    )


def _as_image(content: bytes) -> Sniffed | None:
    """Size and type of an image that Pillow can read whole; None when it is no image at all."""
    try:
        with Image.open(io.BytesIO(content), formats=list(IMAGE_TYPES)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _too_many_pixels()
            mime = IMAGE_TYPES[image.format or ""]
            image.load()
    except UnidentifiedImageError:
        return None
    except UploadRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:  # Pillow's readers raise whatever they trip over
        raise UploadRefused(_("This image is damaged.")) from error
    return Sniffed(mime, width, height)


def _too_many_pixels() -> UploadTooLarge:
    return UploadTooLarge(_("This image has too many pixels."), max_pixels=MAX_PIXELS)


def _magic(content: bytes) -> str:
    try:
        return puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return ""


def _is_text(content: bytes) -> bool:
    """UTF-8 without control characters, and nothing that a browser would take for markup."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return CONTROL.search(text) is None and not text.lstrip("\ufeff \t\r\n\f").startswith("<")


def clean_name(name: str) -> str:
    """A name fit for a download header: the last path part, visible characters only, never empty."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(char for char in last if char.isprintable()).strip(" .")
    return visible[-MAX_NAME:] or "file"
