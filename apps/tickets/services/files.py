"""Files of tickets: judged by their content, kept under names of our own, sent with a message or forgotten."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access.actors import Actor
from apps.audit import services as audit
from apps.chat.errors import UploadRefused, UploadTooLarge
from apps.chat.services.attachments import Sniffed, clean_name, sniff
from apps.common.errors import Invalid
from apps.tickets.models import TicketAttachment, TicketMessage

FILES_MAX = 10  # of one message
UNSENT_LIFE = timedelta(days=1)
UNKNOWN_TYPE = "application/octet-stream"


def keep_file(
    upload: File, *, actor: Actor, any_type: bool = False, now: datetime | None = None
) -> TicketAttachment:
    """Keep a file that a message of ``actor`` may then bring along; call outside any transaction.

    ``any_type`` (for mail) keeps what is neither image, PDF nor text as a download without a type.
    Raises ``UploadTooLarge`` or ``UploadRefused``.
    """
    if (upload.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise UploadTooLarge(max_bytes=settings.UPLOAD_MAX_BYTES)
    content = upload.read()
    attachment = TicketAttachment(
        uploader_kind=actor.actor_kind if actor.actor_kind in ("user", "customer") else "system",
        uploader_id=actor.pk,
        name=clean_name(upload.name or ""),
        size=len(content),
        created_at=now or timezone.now(),
        **vars(_judged(content, any_type)),
    )
    # The file first, the row last: no row ever names a file that is not there.
    attachment.file.save("upload", ContentFile(content), save=False)
    with transaction.atomic():
        attachment.save(force_insert=True)
        audit.record(
            actor=actor,
            action="tickets:UploadFile",
            target=attachment,
            at=attachment.created_at,
            mime=attachment.mime,
        )
    return attachment


def _judged(content: bytes, any_type: bool) -> Sniffed:
    try:
        return sniff(content)
    except UploadRefused:
        if not any_type:
            raise
        return Sniffed(UNKNOWN_TYPE)


def bind(attachments: Sequence[TicketAttachment], message: TicketMessage, *, actor: Actor) -> None:
    """Give unsent files, of ``actor`` or kept by the desk, to ``message``. Raises ``Invalid``: foreign or too many."""
    if not attachments:
        return
    if len(attachments) > FILES_MAX:
        raise Invalid(_("A message has at most %(most)s files.") % {"most": FILES_MAX})
    unsent = TicketAttachment.objects.filter(message=None, pk__in={file.pk for file in attachments})
    if actor.actor_kind in ("user", "customer"):
        own = Q(uploader_kind=actor.actor_kind, uploader_id=actor.pk)
        # What the desk kept for somebody whom it did not know yet.
        unsent = unsent.filter(own | Q(uploader_kind="system"))
    if unsent.update(message=message) != len(attachments):
        raise Invalid(_("One of the files is not yours or was sent before."))


def forget_unsent_files(*, now: datetime | None = None) -> int:
    """Delete files that nobody sent within a day; how many. Safe to run twice."""
    old = TicketAttachment.objects.filter(message=None, created_at__lt=(now or timezone.now()) - UNSENT_LIFE)
    count = 0
    for attachment in old[:500]:
        # The row first: a file without a row is waste, a row without a file an error. A sent one is kept.
        if TicketAttachment.objects.filter(pk=attachment.pk, message=None).delete()[0]:
            attachment.file.delete(save=False)
            count += 1
    return count
