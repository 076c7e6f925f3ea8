from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.routing.enums import Intent
from apps.routing.models.queues import SERVE, Queue, QueueGroupObjectPermission, QueueUserObjectPermission
from apps.routing.permissions import RoutingAction


class AgentSeatQuerySet(models.QuerySet):
    def present(self, now: datetime):
        """Seats of active users who say they are online, and prove it by their lease.

        Who may be offered nothing any more does not stay among them: ``services.rest_barred`` sees to it.
        """
        return self.filter(intent=Intent.ONLINE, lease_until__gt=now, user__is_active=True)

    def with_room(self, units: int):
        """Seats with at least ``units`` free."""
        return self.filter(used_units__lte=F("max_units") - units)

    def in_queue(self, queue, codename: str = SERVE):
        """Seats whose users hold ``codename`` on ``queue`` (a row, a key or a list of them), directly or by group."""
        many = isinstance(queue, list | models.QuerySet)
        wanted = {"permission__codename": codename, "content_object__in" if many else "content_object": queue}
        # Not EXISTS: beside an OR the planner would run it once per seat instead of once.
        direct = QueueUserObjectPermission.objects.filter(**wanted).values("user")
        by_group = QueueGroupObjectPermission.objects.filter(**wanted).values("group__user")
        return self.filter(Q(user__in=direct) | Q(user__in=by_group))

    def visible_to(self, user):
        """One's own seat and those in the queues one serves or supervises; all with ``READ_ANY_SEAT``."""
        return access.reachable(self, user, RoutingAction.READ_SEAT, own=lambda: self._own(user))

    def _own(self, user) -> Q:
        shared = self.in_queue(access.scopes_of(user, Queue).values("pk"))
        return Q(user=user) | Q(pk__in=shared.values("pk"))


class AgentSeat(models.Model):
    """Presence and capacity of one agent. Only ``apps.routing.services`` writes it, units by guarded UPDATEs.

    Online means: the intent says so and the lease, renewed by the agent's sockets, has not run out.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="seat", verbose_name=_("agent")
    )
    max_units = models.PositiveSmallIntegerField(_("capacity"), default=5)
    used_units = models.PositiveSmallIntegerField(_("in use"), default=0)
    # Units beyond the capacity that a supervisor's override, or a lowered capacity, has allowed.
    excess_units = models.PositiveSmallIntegerField(_("over capacity"), default=0)
    intent = models.CharField(_("state"), max_length=8, choices=Intent, default=Intent.OFFLINE)
    reason = models.CharField(_("reason"), max_length=80, blank=True)
    intent_since = models.DateTimeField(_("since"), null=True, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    # Where and how its agent was last seen, for conditions: address and second factor (``standings.here``).
    situation = models.JSONField(_("situation"), default=dict, blank=True, editable=False)
    missed_offers = models.PositiveSmallIntegerField(_("missed in a row"), default=0)
    last_assigned_at = models.DateTimeField(_("last assigned"), null=True, blank=True)
    last_released_at = models.DateTimeField(_("last released"), null=True, blank=True)

    objects = AgentSeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="seat_intent_known", condition=Q(intent__in=Intent.values)),
            models.CheckConstraint(
                name="seat_within_capacity", condition=Q(used_units__lte=F("max_units") + F("excess_units"))
            ),
        ]
        indexes = [
            # The lapse sweep reads only those who have not signed off.
            models.Index(name="seat_leased", fields=["lease_until"], condition=~Q(intent=Intent.OFFLINE)),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.used_units}/{self.max_units})"

    @property
    def free_units(self) -> int:
        return max(self.max_units - self.used_units, 0)

    def state_at(self, now: datetime) -> str:
        """The presence others see: an ``Intent``; offline once the lease is over."""
        alive = self.lease_until is not None and self.lease_until > now
        return self.intent if alive else Intent.OFFLINE


class PresenceSpan(models.Model):
    """From when to when an agent was online or on a break: what occupancy is measured against.

    ``apps.routing.services.presence`` writes it with the seat. The last one of somebody present has no end.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="presence_spans", verbose_name=_("agent")
    )
    state = models.CharField(_("state"), max_length=8, choices=Intent)
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [
            models.CheckConstraint(
                name="presence_state_known", condition=Q(state__in=[Intent.ONLINE, Intent.BREAK])
            ),
            models.UniqueConstraint(
                name="presence_one_open_per_user", fields=["user"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="presence_ends_after_start",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
            ),
        ]
        indexes = [models.Index(name="presence_of_user", fields=["user", "ended_at"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_state_display()}"
