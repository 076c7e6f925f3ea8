import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.chat.enums import SenderKind


def stored_name(attachment: "Attachment", filename: str) -> str:
    """A name of our own: nothing of what the uploader called the file reaches the disk."""
    return f"attachments/{attachment.public_id.hex[:2]}/{attachment.public_id.hex}"


class Attachment(models.Model):
    """An uploaded file that messages refer to. Never served but by a signed, expiring URL."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey("chat.ChatSession", models.PROTECT, related_name="attachments")
    uploader_kind = models.CharField(max_length=10, choices=SenderKind)
    uploader_id = models.BigIntegerField()
    file = models.FileField(upload_to=stored_name)
    name = models.CharField(_("name"), max_length=150)
    mime = models.CharField(_("type"), max_length=80)
    size = models.PositiveIntegerField(_("bytes"))
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.width is not None
