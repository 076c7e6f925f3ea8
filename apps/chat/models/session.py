from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.models import User
from apps.access.names import OfCustomer
from apps.chat.enums import OPEN, ChatStatus, CloseReason, JoinMode, Side
from apps.chat.permissions import ChatAction
from apps.common.ids import public_id
from apps.routing.models import Queue

# After this long without a sign of life a customer counts as gone, not just offline.
GONE_AFTER = timedelta(minutes=5)


class ChatSessionQuerySet(models.QuerySet):
    def live(self):
        """Sessions that are not closed: somebody still has work with them."""
        return self.exclude(status=ChatStatus.CLOSED)

    def ongoing(self):
        """Sessions that are not over for their customer; at most one for a customer and inbox."""
        return self.filter(status__in=OPEN)

    def visible_to(self, user: User):
        """Sessions ``user`` may read: own, joined, and those of served or supervised queues; all with ``…Any``."""
        joined = Participant.objects.filter(user=user, left_at=None).values("session")
        return access.reachable(self, user, ChatAction.READ, own=Q(agent=user) | Q(pk__in=joined))

    def followed_by(self, user: User):
        """Live sessions that belong on ``user``'s socket: assigned to them or joined by them."""
        joined = Participant.objects.filter(user=user, left_at=None).values("session")
        return self.live().filter(Q(agent=user) | Q(pk__in=joined))

    def followings(self, users: Iterable[int]) -> Iterator[tuple]:
        """Rows (user, session, agent, slugs of queue and inbox): ``followed_by`` of each, readable or not."""
        facts = ("pk", "agent_id", "queue__slug", "inbox__slug")
        joined = Participant.objects.filter(user__in=users, left_at=None).exclude(
            session__status=ChatStatus.CLOSED
        )
        yield from self.live().filter(agent__in=users).values_list("agent_id", *facts)
        yield from joined.values_list("user_id", *(f"session__{fact}" for fact in facts))


class ChatSession(OfCustomer, models.Model):
    """One live exchange of a customer with the desk. Only ``apps.chat.services`` writes it."""

    public_id = models.CharField(
        _("chat number"), max_length=22, unique=True, default=public_id, editable=False
    )
    inbox = models.ForeignKey(
        "inboxes.Inbox", models.PROTECT, related_name="chat_sessions", verbose_name=_("inbox")
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="chat_sessions", verbose_name=_("customer")
    )
    previous = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    status = models.CharField(_("status"), max_length=12, choices=ChatStatus, default=ChatStatus.BOT)
    queue = models.ForeignKey(
        "routing.Queue", models.PROTECT, null=True, related_name="chat_sessions", verbose_name=_("queue")
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="chat_sessions",
        verbose_name=_("agent"),
    )
    close_reason = models.CharField(_("close reason"), max_length=20, choices=CloseReason, null=True)  # noqa: DJ001

    channel = models.CharField(_("channel"), max_length=20, default="web")
    source = models.CharField(_("page"), max_length=500, blank=True)
    page_title = models.CharField(_("page title"), max_length=200, blank=True)
    product = models.CharField(_("product"), max_length=64, blank=True)
    product_category = models.CharField(_("product category"), max_length=80, blank=True)
    locale = models.CharField(_("language"), max_length=12, default="en")

    # The log: gap-free seq, and the last one that the customer may see.
    last_seq = models.PositiveIntegerField(default=0)
    last_public_seq = models.PositiveIntegerField(default=0)
    # What each side has received, read, and what the server gave up delivering.
    customer_delivered_seq = models.PositiveIntegerField(default=0)
    customer_read_seq = models.PositiveIntegerField(default=0)
    customer_undelivered_seq = models.PositiveIntegerField(default=0)
    agent_delivered_seq = models.PositiveIntegerField(default=0)
    agent_read_seq = models.PositiveIntegerField(default=0)
    agent_undelivered_seq = models.PositiveIntegerField(default=0)

    # What a list row shows is on the row.
    unread_count = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(null=True)
    last_preview = models.CharField(max_length=160, blank=True)
    last_kind = models.CharField(max_length=12, blank=True)
    last_sender_kind = models.CharField(max_length=12, blank=True)

    opened_at = models.DateTimeField(_("opened at"))
    queued_at = models.DateTimeField(_("queued at"), null=True)  # when it last came into a queue
    opens_at = models.DateTimeField(null=True)  # the desk was closed then, and the customer told so
    # What the customer may do instead of waiting: "ticket", "bot"; in the order it was offered.
    offers = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    accepted_at = models.DateTimeField(_("accepted at"), null=True)
    first_response_at = models.DateTimeField(_("first response at"), null=True)
    waiting_since = models.DateTimeField(null=True)  # the customer has written and nobody answered since
    customer_wrote_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # last public message of an agent or the robot
    warned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # over for the customer: wrap-up or closed
    closed_at = models.DateTimeField(_("closed at"), null=True)
    customer_lease_until = models.DateTimeField(null=True)
    customer_online = models.BooleanField(default=False)
    redacted_at = models.DateTimeField(
        null=True
    )  # its texts and files were removed; lines, times and marks stay

    objects = ChatSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints = [
            models.CheckConstraint(name="chat_status_known", condition=Q(status__in=ChatStatus.values)),
            models.CheckConstraint(
                name="chat_active_has_agent",
                condition=~Q(status__in=["active", "wrap_up"]) | Q(agent__isnull=False),
            ),
            models.CheckConstraint(
                name="chat_queued_has_queue", condition=~Q(status="queued") | Q(queue__isnull=False)
            ),
            models.CheckConstraint(
                name="chat_closed_has_one_reason",
                condition=Q(status="closed", close_reason__isnull=False, closed_at__isnull=False)
                | (~Q(status="closed") & Q(close_reason=None, closed_at=None)),
            ),
            models.CheckConstraint(
                name="chat_close_reason_known",
                condition=Q(close_reason=None) | Q(close_reason__in=CloseReason.values),
            ),
            models.CheckConstraint(
                name="chat_public_seq_within", condition=Q(last_public_seq__lte=F("last_seq"))
            ),
            models.UniqueConstraint(
                name="chat_one_live_per_customer_inbox",
                fields=["customer", "inbox"],
                condition=Q(status__in=OPEN),
            ),
        ]
        indexes = [
            # None names a column that a message changes: a row of a running chat is rewritten in place.
            models.Index(name="chat_by_agent", fields=["agent", "status", "-id"]),
            models.Index(name="chat_by_queue", fields=["queue", "-id"]),
            models.Index(name="chat_by_customer", fields=["customer", "-id"]),
            # The sweeps read only live sessions, and those whom answers may have missed.
            models.Index(
                name="chat_live_by_status", fields=["status", "inbox"], condition=~Q(status="closed")
            ),
            models.Index(
                name="chat_left_at", fields=["customer_lease_until"], condition=Q(customer_online=False)
            ),
            models.Index(
                name="chat_online_lease", fields=["customer_lease_until"], condition=Q(customer_online=True)
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    ACCESS_KIND = "session"

    def access_scope(self) -> Queue | None:
        return self.queue

    def belongs_to(self, user: User) -> bool:
        return self.agent_id == user.pk

    @property
    def is_open(self) -> bool:
        """The customer can still write."""
        return self.status in OPEN

    def is_reopenable(self, now: datetime) -> bool:
        """The customer may go on with what has ended: within the inbox's window, and not after spam."""
        if self.ended_at is None or self.close_reason == CloseReason.SPAM:
            return False
        return now - self.ended_at <= timedelta(seconds=self.inbox.reopen_seconds)

    def marks(self, side: str) -> tuple[int, int, int]:
        """``(delivered, read, undelivered)`` of one side."""
        name = Side(side).value
        return tuple(getattr(self, f"{name}_{mark}_seq") for mark in ("delivered", "read", "undelivered"))  # type: ignore[return-value]

    def last_seq_for(self, side: str) -> int:
        return self.last_public_seq if side == Side.CUSTOMER else self.last_seq

    def customer_presence(self, now: datetime) -> str:
        """``online``, ``offline`` (a moment ago here) or ``gone``."""
        if self.customer_online and self.customer_lease_until and self.customer_lease_until > now:
            return "online"
        seen = self.customer_lease_until or self.opened_at
        return "offline" if self.status != ChatStatus.CLOSED and now - seen < GONE_AFTER else "gone"


class VisitorToken(models.Model):
    """What lets a visitor's device into one session, and be known as its customer later. Digest only."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="visitor_tokens")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"token of {self.session_id}"


class Participant(models.Model):
    """A user who takes part in a chat that is not assigned to them."""

    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="participants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_participations")
    mode = models.CharField(max_length=10, choices=JoinMode)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="participant_once_per_session", fields=["session", "user"], condition=Q(left_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.session_id} ({self.mode})"


class WrapUp(models.Model):
    """What the agent noted after a chat: its result and a word for colleagues."""

    session = models.OneToOneField(ChatSession, models.CASCADE, related_name="wrap_up")
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    code = models.SlugField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.session_id}: {self.code}"
