from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.common.ids import public_id
from apps.routing.enums import Allocation, AssignedBy, EntryState, OfferState
from apps.routing.models.queues import Queue, RoutingRule
from apps.routing.permissions import RoutingAction

IN_QUEUE = (EntryState.WAITING, EntryState.OFFERED)
# The order of service, everywhere: within one priority first come, first served.
SERVICE_ORDER = ("-priority", "enqueued_at", "pk")


class QueueEntryQuerySet(models.QuerySet):
    def in_queue(self):
        """Entries that still wait for an agent: nobody asked yet, or somebody asked who has not answered."""
        return self.filter(state__in=IN_QUEUE)

    def live(self):
        """Entries that wait or are with an agent."""
        return self.exclude(state=EntryState.LEFT)

    def of_item(self, kind: str, item_id: int):
        """Entries of one work item; at most one of them is live."""
        return self.filter(kind=kind, item_id=item_id)

    def visible_to(self, user):
        """Entries of the queues that ``user`` may see."""
        return access.reachable(self, user, RoutingAction.READ_QUEUE)


class QueueEntry(models.Model):
    """The place of one work item in a queue, kept through offers, transfers and requeues until it leaves.

    ``enqueued_at`` never changes (a trigger sees to it), so a requeued item keeps its place.
    """

    kind = models.CharField(_("kind"), max_length=20)
    item_id = models.BigIntegerField(_("item"))
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="entries", verbose_name=_("queue"))
    priority = models.SmallIntegerField(_("priority"), default=0)
    units = models.PositiveSmallIntegerField(_("units"), default=1)
    rule = models.ForeignKey(
        RoutingRule, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("routing rule")
    )
    skills = ArrayField(models.SlugField(), default=list, blank=True, verbose_name=_("skills"))
    # How to choose the agent, where the rule says other than the queue.
    allocation = models.CharField(_("allocation"), max_length=12, choices=Allocation, blank=True)
    enqueued_at = models.DateTimeField(_("waiting since"))
    # From here on the wait counts: when it came, or when the desk opened after that. Never changes.
    counted_from = models.DateTimeField(_("wait counts from"), null=True)
    answered_at = models.DateTimeField(_("first taken at"), null=True)
    eligible_at = models.DateTimeField(_("not before"))
    state = models.CharField(_("state"), max_length=8, choices=EntryState, default=EntryState.WAITING)
    preferred_agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("preferred agent"),
    )
    # Until then only the preferred agent is asked; without it they merely come first.
    preferred_until = models.DateTimeField(_("held until"), null=True, blank=True)
    declined_by = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("declined by"))
    declined_at = models.DateTimeField(_("declined at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("left at"), null=True, blank=True)
    end_reason = models.CharField(_("reason"), max_length=40, blank=True)
    trace = models.JSONField(_("trace"), default=list)

    objects = QueueEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("queue entry")
        verbose_name_plural = _("queue entries")
        constraints = [
            models.CheckConstraint(name="entry_state_known", condition=Q(state__in=EntryState.values)),
            models.CheckConstraint(name="entry_units_positive", condition=Q(units__gte=1)),
            models.CheckConstraint(
                name="entry_left_has_end",
                condition=Q(state=EntryState.LEFT, ended_at__isnull=False)
                | (~Q(state=EntryState.LEFT) & Q(ended_at=None)),
            ),
            models.UniqueConstraint(
                name="entry_one_live_per_item",
                fields=["kind", "item_id"],
                condition=~Q(state=EntryState.LEFT),
            ),
        ]
        indexes = [
            # What the dispatcher reads: the waiting ones in the order of service.
            models.Index(
                F("priority").desc(),
                "enqueued_at",
                "id",
                name="entry_pick",
                condition=Q(state=EntryState.WAITING),
            ),
            # Places and figures of one queue.
            models.Index(
                "queue",
                F("priority").desc(),
                "enqueued_at",
                "id",
                name="entry_place",
                condition=Q(state__in=IN_QUEUE),
            ),
            # Today's figures of a queue.
            models.Index(name="entry_of_day", fields=["queue", "enqueued_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} · {self.queue}"

    def access_scope(self) -> Queue:
        return self.queue


class Offer(models.Model):
    """One agent is asked to take one entry, and their units are held until they answer."""

    public_id = models.CharField(max_length=32, unique=True, default=public_id, editable=False)
    entry = models.ForeignKey(QueueEntry, models.CASCADE, related_name="offers", verbose_name=_("entry"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="offers", verbose_name=_("agent")
    )
    state = models.CharField(_("state"), max_length=10, choices=OfferState, default=OfferState.PENDING)
    units = models.PositiveSmallIntegerField(_("units"))
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    why = models.JSONField(_("why"), default=dict)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.CheckConstraint(name="offer_state_known", condition=Q(state__in=OfferState.values)),
            models.CheckConstraint(
                name="offer_pending_has_no_end",
                condition=Q(state=OfferState.PENDING, ended_at=None)
                | (~Q(state=OfferState.PENDING) & Q(ended_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="offer_one_pending_per_entry", fields=["entry"], condition=Q(state=OfferState.PENDING)
            ),
        ]
        indexes = [
            # The expiry sweep, and what an agent is asked right now.
            models.Index(name="offer_due", fields=["expires_at"], condition=Q(state=OfferState.PENDING)),
            models.Index(name="offer_of_agent", fields=["agent"], condition=Q(state=OfferState.PENDING)),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} · {self.get_state_display()}"

    def belongs_to(self, actor) -> bool:
        return actor == self.agent


class AssignmentQuerySet(models.QuerySet):
    def live(self):
        """Work that an agent has now."""
        return self.filter(ended_at=None)

    def visible_to(self, user):
        """Assignments of the queues that ``user`` may see, and their own."""
        return access.reachable(self, user, RoutingAction.READ_QUEUE, own=Q(agent=user))


class Assignment(models.Model):
    """An agent has a work item, from ``started_at`` until ``ended_at``; live ones use units of their seat."""

    entry = models.ForeignKey(QueueEntry, models.PROTECT, related_name="assignments", verbose_name=_("entry"))
    kind = models.CharField(_("kind"), max_length=20)
    item_id = models.BigIntegerField(_("item"))
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="assignments", verbose_name=_("agent")
    )
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="assignments", verbose_name=_("queue"))
    units = models.PositiveSmallIntegerField(_("units"))
    assigned_by = models.CharField(_("assigned by"), max_length=10, choices=AssignedBy)
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = models.CharField(_("reason"), max_length=40, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(
                name="assignment_one_live_per_item", fields=["kind", "item_id"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(name="assignment_units_positive", condition=Q(units__gte=1)),
            models.CheckConstraint(
                name="assignment_known_method", condition=Q(assigned_by__in=AssignedBy.values)
            ),
            models.CheckConstraint(
                name="assignment_ends_after_start",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
            ),
        ]
        indexes = [
            models.Index(name="assignment_live_of_agent", fields=["agent"], condition=Q(ended_at=None)),
            # The last handle times of a queue, for the estimate of the wait.
            models.Index(
                name="assignment_ended", fields=["queue", "-ended_at"], condition=Q(ended_at__isnull=False)
            ),
            # What somebody has done on a day.
            models.Index(name="assignment_of_agent", fields=["agent", "ended_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id} → {self.agent}"

    def access_scope(self) -> Queue:
        return self.queue

    def belongs_to(self, actor) -> bool:
        return actor == self.agent
