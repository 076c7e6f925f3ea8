from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.chat.enums import MessageKind, SenderKind


class MessageQuerySet(models.QuerySet):
    def for_side(self, side: str):
        """What one side may see: the customer never sees notes and internal lines."""
        return self.filter(internal=False) if side == "customer" else self

    def after(self, seq: int):
        return self.filter(seq__gt=seq).order_by("seq")


class Message(models.Model):
    """One line of a transcript. ``(session, seq)`` is gap-free; only ``recalled_by`` ever changes."""

    session = models.ForeignKey(
        "chat.ChatSession",
        models.PROTECT,
        related_name="messages",
        db_index=False,  # the unique constraints begin with it
    )
    seq = models.PositiveIntegerField(_("number"))
    prev_public_seq = models.PositiveIntegerField()  # the last one before this that the customer may see
    ref = models.UUIDField()
    content_hash = models.CharField(
        max_length=32
    )  # of what the sender sent, to tell a repeat from a conflict
    sender_kind = models.CharField(_("sender"), max_length=10, choices=SenderKind)
    sender_id = models.BigIntegerField(null=True)
    sender_name = models.CharField(_("name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=MessageKind)
    body = models.TextField(_("text"), blank=True)
    payload = models.JSONField(default=dict)
    internal = models.BooleanField(default=False)
    recalled_by = models.PositiveIntegerField(null=True)  # seq of the recall
    at = models.DateTimeField(_("at"))

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(name="message_one_seq", fields=["session", "seq"]),
            models.UniqueConstraint(name="message_one_ref", fields=["session", "ref"]),
            models.CheckConstraint(name="message_seq_from_one", condition=Q(seq__gte=1)),
            models.CheckConstraint(name="message_prev_before", condition=Q(prev_public_seq__lt=F("seq"))),
            models.CheckConstraint(
                name="message_note_is_internal", condition=~Q(kind="note") | Q(internal=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.session_id}#{self.seq}"


class CancelledRef(models.Model):
    """A tombstone: the sender gave this ref up before it was stored, so a late copy is refused."""

    # Its index is that of the constraint; beside one of its own, the planner may take that and read the session's all.
    session = models.ForeignKey(
        "chat.ChatSession", models.CASCADE, related_name="cancelled_refs", db_index=False
    )
    ref = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="cancelled_ref_once", fields=["session", "ref"])]

    def __str__(self) -> str:
        return str(self.ref)
