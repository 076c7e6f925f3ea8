import secrets
import uuid
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.models import User
from apps.access.names import OfCustomer
from apps.chat.models import ChatSession
from apps.common.money import Money
from apps.refunds.enums import ENDED, OPEN, RELEASED, RefundReason, RefundState, Verdict
from apps.refunds.permissions import RefundAction
from apps.tickets.models import Ticket

NOTE_MAX = 1000  # characters
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # without what is misread on the phone


def new_refund_no() -> str:
    """``RF-261122-4K7W09XB``: what people say and what the gateway knows it by. 40 random bits a day."""
    tail = "".join(secrets.choice(ALPHABET) for _place in range(8))
    return f"RF-{timezone.now():%y%m%d}-{tail}"


class RefundQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: asked for by them, or of customers whose chats or tickets they see; or any."""
        return access.reachable(self, user, RefundAction.READ, own=lambda: self._own(user))

    def _own(self, user: User) -> Q:
        chats = ChatSession.objects.visible_to(user).values("customer")
        tickets = Ticket.objects.visible_to(user).values("customer")
        return Q(requested_by=user) | Q(customer__in=chats) | Q(customer__in=tickets)

    def live(self):
        """Those that hold a part of what was paid."""
        return self.exclude(state__in=RELEASED)

    def due(self, now: datetime):
        """Those about which the worker has something to do at ``now``."""
        return self.filter(state__in=OPEN, due_at__lte=now)


class Refund(OfCustomer, models.Model):
    """Money on its way back to a customer. Only ``apps.refunds.services`` writes it.

    ``ref`` is the caller's, so that a form sent twice is one refund; ``refund_no`` is ours and never changes: the
    gateway executes a number once. ``due_at`` is when the worker looks at it next; while a call to the gateway is
    under way, when that call counts as lost. ``attention`` says that a person has to look, ``message`` why.
    """

    refund_no = models.CharField(
        _("refund number"), max_length=32, unique=True, default=new_refund_no, editable=False
    )
    ref = models.UUIDField(default=uuid.uuid4, editable=False)
    order = models.ForeignKey("orders.Order", models.PROTECT, related_name="refunds", verbose_name=_("order"))
    payment = models.ForeignKey(
        "orders.Payment", models.PROTECT, related_name="refunds", verbose_name=_("payment")
    )
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("customer"),
    )
    session = models.ForeignKey(
        "chat.ChatSession",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("chat"),
    )
    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("ticket"),
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=16, choices=RefundReason)
    note = models.CharField(_("note"), max_length=NOTE_MAX, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=RefundState, default=RefundState.REQUESTED)
    version = models.PositiveIntegerField(_("version"), default=1)

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="refunds_requested",
        verbose_name=_("asked for by"),
    )
    requested_at = models.DateTimeField(_("asked for at"))
    needs_approval = models.BooleanField(_("needs a second person"), default=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds_decided",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    gateway = models.CharField(_("gateway"), max_length=32)
    provider_refund_id = models.CharField(_("gateway's number"), max_length=64, blank=True)
    provider_version = models.PositiveIntegerField(default=0)  # of the last state the gateway told
    attempts = models.PositiveIntegerField(_("calls to the gateway"), default=0)
    failures = models.PositiveSmallIntegerField(default=0)  # calls in a row that brought nothing
    due_at = models.DateTimeField(_("next step at"), null=True, blank=True)
    code = models.CharField(_("gateway's code"), max_length=60, blank=True)
    message = models.CharField(_("gateway's words"), max_length=300, blank=True)
    attention = models.BooleanField(_("needs a look"), default=False)
    unknown_since = models.DateTimeField(_("unknown since"), null=True, blank=True)
    settled_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(name="refund_ref_once_per_person", fields=["requested_by", "ref"]),
            models.CheckConstraint(name="refund_state_known", condition=Q(state__in=RefundState)),
            models.CheckConstraint(name="refund_reason_known", condition=Q(reason__in=RefundReason)),
            models.CheckConstraint(name="refund_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="refund_requester_never_decides",
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="refund_second_person_before_money",
                condition=Q(needs_approval=False)
                | Q(state__in=[RefundState.REQUESTED, RefundState.CANCELLED])
                | Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="refund_decision_is_whole",
                condition=Q(decided_by=None, decided_at=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            # What is under way is always seen by the sweep.
            models.CheckConstraint(
                name="refund_open_has_next_step",
                condition=Q(state__in=sorted(OPEN), due_at__isnull=False)
                | (~Q(state__in=sorted(OPEN)) & Q(due_at=None)),
            ),
            models.CheckConstraint(
                name="refund_end_has_time",
                condition=Q(state__in=sorted(ENDED), ended_at__isnull=False)
                | (~Q(state__in=sorted(ENDED)) & Q(ended_at=None)),
            ),
            models.CheckConstraint(
                name="refund_unknown_has_time",
                condition=~Q(state=RefundState.UNKNOWN) | Q(unknown_since__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="refund_due", fields=["due_at"], condition=Q(due_at__isnull=False)),
            models.Index(name="refund_by_state", fields=["state", "-id"]),
            models.Index(name="refund_by_customer", fields=["customer", "-id"]),
            models.Index(name="refund_by_order", fields=["order", "-id"]),
            models.Index(name="refund_by_requester", fields=["requested_by", "-id"]),
            models.Index(name="refund_settled", fields=["settled_at"], condition=Q(state="succeeded")),
        ]

    def __str__(self):
        return self.refund_no

    def access_attributes(self) -> dict[str, Decimal]:
        """What conditions of policies may ask."""
        return {"helpdesk:amount": self.amount}

    def belongs_to(self, user: User) -> bool:
        """Whether ``user`` asked for it."""
        return self.requested_by_id == user.pk

    def is_asked_by(self, user: User) -> bool:
        """Whether ``user`` asked for it, or a program of theirs."""
        return user.is_behind(self.requested_by)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether it is neither over nor waiting for a decision."""
        return self.state in OPEN


class RefundItem(models.Model):
    """An article that a refund is about, as the order's line ``position`` named it then."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField(_("line"))
    sku = models.CharField(_("article number"), max_length=64, blank=True)
    title = models.CharField(_("title"), max_length=240)
    qty = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("refunded article")
        verbose_name_plural = _("refunded articles")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(name="refund_item_once", fields=["refund", "position"]),
            models.CheckConstraint(name="refund_item_qty_positive", condition=Q(qty__gte=1)),
        ]

    def __str__(self):
        return f"{self.qty} × {self.title}"


class RefundDecision(models.Model):
    """What the second person said about a refund, once. ``requester`` stands here to be unlike ``decider``."""

    refund = models.OneToOneField(Refund, models.PROTECT, related_name="decision")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decider = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)
    note = models.CharField(_("note"), max_length=NOTE_MAX, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("decision about a refund")
        verbose_name_plural = _("decisions about refunds")
        constraints = [
            models.CheckConstraint(name="refund_decision_verdict_known", condition=Q(verdict__in=Verdict)),
            models.CheckConstraint(
                name="refund_decider_is_not_requester", condition=~Q(decider=F("requester"))
            ),
        ]

    def __str__(self):
        return f"{self.refund} {self.verdict}"
