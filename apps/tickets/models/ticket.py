from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.models import User
from apps.access.names import OfCustomer
from apps.common.ids import public_id
from apps.routing.models import Queue
from apps.tickets.enums import (
    DONE,
    LIVE,
    AuthorKind,
    SlaState,
    TicketChannel,
    TicketPriority,
    TicketStatus,
)
from apps.tickets.permissions import TicketAction

SUBJECT_MAX = 200  # characters
TAG_MAX = 40  # characters
TAGS_MAX = 20


class NextNumber(Func):
    """The next of a sequence of the database: unique and rising whoever inserts, with gaps where one failed."""

    template = "nextval('tickets_ticket_number')"
    output_field = models.BigIntegerField()


class TicketQuerySet(models.QuerySet):
    def live(self):
        """Tickets with which somebody still has work."""
        return self.filter(status__in=LIVE)

    def visible_to(self, user: User):
        """Rows ``user`` may read: own, and those of served or supervised queues; all with ``READ_ANY``."""
        return access.reachable(self, user, TicketAction.READ, own=Q(assignee=user))

    def with_row(self):
        """With what a list row names besides its own columns, in the same query."""
        return self.select_related("customer", "queue", "assignee").defer("search")


class Ticket(OfCustomer, models.Model):
    """Work that outlives the chat. Only ``apps.tickets.services`` writes it.

    ``version`` counts the changes of its fields, so that two agents cannot overwrite each other unnoticed.
    """

    number = models.BigIntegerField(_("number"), unique=True, editable=False, db_default=NextNumber())
    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    ref = models.UUIDField(null=True, unique=True, editable=False)  # of the call that created it
    content_hash = models.CharField(max_length=32, editable=False)  # tells a repeat of it from a conflict
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="tickets", verbose_name=_("customer")
    )
    inbox = models.ForeignKey(
        "inboxes.Inbox", models.PROTECT, null=True, related_name="tickets", verbose_name=_("inbox")
    )
    session = models.ForeignKey(
        "chat.ChatSession", models.PROTECT, null=True, related_name="tickets", verbose_name=_("chat")
    )
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="followers", verbose_name=_("follow-up of")
    )
    queue = models.ForeignKey(
        Queue, models.PROTECT, null=True, related_name="tickets", verbose_name=_("queue")
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="tickets",
        verbose_name=_("assignee"),
    )
    status = models.CharField(_("status"), max_length=8, choices=TicketStatus, default=TicketStatus.NEW)
    priority = models.CharField(
        _("priority"), max_length=8, choices=TicketPriority, default=TicketPriority.NORMAL
    )
    subject = models.CharField(_("subject"), max_length=SUBJECT_MAX)
    tags = ArrayField(models.CharField(max_length=TAG_MAX), verbose_name=_("tags"), default=list)
    channel = models.CharField(_("channel"), max_length=8, choices=TicketChannel)
    locale = models.CharField(_("language"), max_length=16, default="en")
    order_no = models.CharField(_("order number"), max_length=64, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)

    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))
    first_response_at = models.DateTimeField(_("first response at"), null=True)
    solved_at = models.DateTimeField(_("solved at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    redacted_at = models.DateTimeField(null=True)  # its texts and files were removed; lines and times stay

    # What a list row shows is on the row.
    last_seq = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(_("last message"), null=True)
    last_preview = models.CharField(max_length=160, blank=True)
    last_author_kind = models.CharField(max_length=8, choices=AuthorKind, blank=True)
    sla_state = models.CharField(_("SLA"), max_length=8, choices=SlaState, default=SlaState.NONE)
    next_due_at = models.DateTimeField(_("due"), null=True)

    search = SearchVectorField(null=True, editable=False)  # see ``apps.tickets.words``

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.CheckConstraint(name="ticket_status_known", condition=Q(status__in=TicketStatus.values)),
            models.CheckConstraint(
                name="ticket_priority_known", condition=Q(priority__in=TicketPriority.values)
            ),
            models.CheckConstraint(
                name="ticket_channel_known", condition=Q(channel__in=TicketChannel.values)
            ),
            models.CheckConstraint(name="ticket_sla_state_known", condition=Q(sla_state__in=SlaState.values)),
            models.CheckConstraint(name="ticket_has_subject", condition=~Q(subject="")),
            models.CheckConstraint(
                name="ticket_done_has_solved_at",
                condition=Q(status__in=DONE, solved_at__isnull=False)
                | (~Q(status__in=DONE) & Q(solved_at=None)),
            ),
            models.CheckConstraint(
                name="ticket_closed_has_closed_at",
                condition=Q(status="closed", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_at=None)),
            ),
        ]
        indexes = [
            models.Index(name="ticket_by_activity", fields=["-updated_at", "-id"]),
            models.Index(name="ticket_by_queue", fields=["queue", "status", "-updated_at"]),
            models.Index(name="ticket_by_assignee", fields=["assignee", "status", "-updated_at"]),
            models.Index(name="ticket_by_customer", fields=["customer", "-id"]),
            models.Index(name="ticket_by_order", fields=["order_no"], condition=~Q(order_no="")),
            models.Index(name="ticket_by_due", fields=["next_due_at", "id"], condition=Q(status__in=LIVE)),
            models.Index(name="ticket_solved", fields=["solved_at"], condition=Q(status="solved")),
            GinIndex(name="ticket_tags", fields=["tags"]),
            GinIndex(name="ticket_search", fields=["search"]),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What people call it: T-1001."""
        return f"T-{self.number}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def takes_messages(self) -> bool:
        """A closed ticket stays as it is; whoever writes then begins a follow-up."""
        return self.status != TicketStatus.CLOSED

    def access_scope(self) -> Queue | None:
        return self.queue

    def belongs_to(self, user: object) -> bool:
        """Whether ``user`` is the assignee."""
        return self.assignee_id is not None and self.assignee_id == getattr(user, "pk", None)


class TicketParticipant(models.Model):
    """Somebody besides the customer who wrote to a ticket; ``verified`` when their address was proven."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="participants")
    email = models.EmailField(_("e-mail address"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    verified = models.BooleanField(_("verified"), default=False)
    added_at = models.DateTimeField(_("added at"))

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = [
            models.UniqueConstraint(name="ticket_participant_once", fields=["ticket", "email"]),
        ]

    def __str__(self) -> str:
        return self.name or self.email
