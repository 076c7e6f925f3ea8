import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.tickets.enums import AuthorKind, TicketChannel, TicketMessageKind
from apps.tickets.models.ticket import Ticket


class TicketMessageQuerySet(models.QuerySet):
    def for_customer(self):
        """What the customer may see: neither notes nor system lines."""
        return self.filter(kind=TicketMessageKind.REPLY)


class TicketMessage(models.Model):
    """One line of a ticket; never changes. ``(ticket, seq)`` is gap-free.

    ``html`` is sanitised when it is stored; ``payload`` of a system line says what happened, ``body`` says it in
    English.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="messages")
    seq = models.PositiveIntegerField(_("number"))
    ref = models.UUIDField()
    content_hash = models.CharField(max_length=32)
    kind = models.CharField(_("kind"), max_length=8, choices=TicketMessageKind)
    author_kind = models.CharField(_("author"), max_length=8, choices=AuthorKind)
    author_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="ticket_messages"
    )
    author_customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, null=True, related_name="ticket_messages"
    )
    author_name = models.CharField(_("name"), max_length=150, blank=True)
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    payload = models.JSONField(default=dict)
    via = models.CharField(_("through"), max_length=8, choices=TicketChannel)
    at = models.DateTimeField(_("at"))

    objects = TicketMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket message")
        verbose_name_plural = _("ticket messages")
        constraints = [
            models.UniqueConstraint(name="ticket_message_one_seq", fields=["ticket", "seq"]),
            models.UniqueConstraint(name="ticket_message_one_ref", fields=["ticket", "ref"]),
            models.CheckConstraint(name="ticket_message_seq_from_one", condition=Q(seq__gte=1)),
            models.CheckConstraint(
                name="ticket_message_kind_known", condition=Q(kind__in=TicketMessageKind.values)
            ),
            models.CheckConstraint(
                name="ticket_message_author_matches",
                condition=Q(author_kind="user", author_user__isnull=False, author_customer=None)
                | Q(author_kind="customer", author_user=None)
                | Q(author_kind="system", author_user=None, author_customer=None),
            ),
            models.CheckConstraint(
                name="ticket_message_customer_replies", condition=~Q(author_kind="customer") | Q(kind="reply")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}#{self.seq}"


def stored_name(attachment: "TicketAttachment", filename: str) -> str:
    """A name of our own: nothing of what the uploader called the file reaches the disk."""
    return f"tickets/{attachment.public_id.hex[:2]}/{attachment.public_id.hex}"


class TicketAttachment(models.Model):
    """A file of a ticket's message; without one while its uploader still writes. Served by signed URLs only."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    message = models.ForeignKey(TicketMessage, models.PROTECT, null=True, related_name="attachments")
    uploader_kind = models.CharField(max_length=8, choices=AuthorKind)
    uploader_id = models.BigIntegerField(null=True)
    file = models.FileField(upload_to=stored_name)
    name = models.CharField(_("name"), max_length=150)
    mime = models.CharField(_("type"), max_length=80)
    size = models.PositiveIntegerField(_("bytes"))
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("ticket attachment")
        verbose_name_plural = _("ticket attachments")
        indexes = [
            # The sweep of what nobody sent reads only the unsent.
            models.Index(name="ticket_file_unsent", fields=["created_at"], condition=Q(message=None)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.width is not None

    @property
    def is_customers(self) -> bool:
        """Whether a customer sent it, or somebody else from outside."""
        author = self.message.author_kind if self.message else self.uploader_kind
        return author == AuthorKind.CUSTOMER
