from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.enums import CustomerLevel
from apps.routing.models import Queue, ServiceCalendar
from apps.tickets.enums import SlaMetric, TicketChannel, TicketPriority
from apps.tickets.models.ticket import TAG_MAX, Ticket


class SlaPolicy(models.Model):
    """How fast tickets that meet its conditions are seen to. Tried by position; blank conditions always hold."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0, db_index=True)
    is_active = models.BooleanField(_("active"), default=True)
    queue = models.ForeignKey(
        Queue, models.CASCADE, null=True, blank=True, related_name="sla_policies", verbose_name=_("queue")
    )
    channel = models.CharField(_("channel"), max_length=8, choices=TicketChannel, blank=True)
    customer_level = models.CharField(_("customer level"), max_length=8, choices=CustomerLevel, blank=True)
    tag = models.CharField(_("tag"), max_length=TAG_MAX, blank=True)
    calendar = models.ForeignKey(
        ServiceCalendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sla_policies",
        verbose_name=_("calendar"),
        help_text=_("The clocks run in its hours only. Without one they run day and night."),
    )
    warn_percent = models.PositiveSmallIntegerField(
        _("warn at (%)"), default=75, help_text=_("How much of a target is used up when we warn.")
    )

    class Meta:
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(name="sla_policy_warns_before", condition=Q(warn_percent__range=(1, 99))),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.name}"


class SlaTarget(models.Model):
    """What a policy promises for one priority: open time of its calendar, empty where nothing is promised."""

    policy = models.ForeignKey(SlaPolicy, models.CASCADE, related_name="targets", verbose_name=_("policy"))
    priority = models.CharField(_("priority"), max_length=8, choices=TicketPriority)
    first_response = models.DurationField(
        _("first response within"), null=True, blank=True, help_text=_("hh:mm:ss, e.g. 01:00:00")
    )
    resolution = models.DurationField(
        _("solved within"), null=True, blank=True, help_text=_("hh:mm:ss, e.g. 16:00:00")
    )

    class Meta:
        verbose_name = _("SLA target")
        verbose_name_plural = _("SLA targets")
        constraints = [
            models.UniqueConstraint(name="sla_target_once", fields=["policy", "priority"]),
            models.CheckConstraint(
                name="sla_target_positive",
                condition=(Q(first_response=None) | Q(first_response__gt=timedelta()))
                & (Q(resolution=None) | Q(resolution__gt=timedelta())),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_priority_display())


class SlaClockQuerySet(models.QuerySet):
    def running(self):
        """Clocks that tick: neither met nor paused."""
        return self.filter(stopped_at=None, paused_at=None)

    def to_warn(self, now):
        """Clocks whose warning is due and was not given."""
        return self.running().filter(warned_at=None, breached_at=None, warn_due_at__lte=now)

    def to_breach(self, now):
        """Clocks whose time is over and nobody has noted it."""
        return self.running().filter(breached_at=None, due_at__lte=now)


class SlaClock(models.Model):
    """One target of one ticket, in open time of the policy's calendar.

    Open time used: ``elapsed`` up to ``resumed_at``, and what the calendar was open since, unless it is paused or
    stopped. ``due_at`` and ``warn_due_at`` are computed whenever it starts to run, so that the sweep is one
    indexed comparison; a calendar that never opens again leaves them empty.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="clocks")
    metric = models.CharField(_("target"), max_length=14, choices=SlaMetric)
    policy = models.ForeignKey(SlaPolicy, models.SET_NULL, null=True, related_name="clocks")
    calendar = models.ForeignKey(ServiceCalendar, models.PROTECT, null=True, related_name="+")
    target = models.DurationField(_("within"))
    warn_percent = models.PositiveSmallIntegerField(default=75)
    started_at = models.DateTimeField(_("started at"))
    resumed_at = models.DateTimeField()
    elapsed = models.DurationField(default=timedelta)
    warn_due_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    paused_at = models.DateTimeField(_("paused at"), null=True)
    warned_at = models.DateTimeField(_("warned at"), null=True)
    breached_at = models.DateTimeField(_("overdue since"), null=True)
    stopped_at = models.DateTimeField(_("met or given up at"), null=True)

    objects = SlaClockQuerySet.as_manager()

    class Meta:
        verbose_name = _("SLA clock")
        verbose_name_plural = _("SLA clocks")
        constraints = [
            models.UniqueConstraint(name="sla_clock_once", fields=["ticket", "metric"]),
            models.CheckConstraint(name="sla_clock_metric_known", condition=Q(metric__in=SlaMetric.values)),
            models.CheckConstraint(name="sla_clock_target_positive", condition=Q(target__gt=timedelta())),
            models.CheckConstraint(
                name="sla_clock_paused_has_no_due", condition=Q(paused_at=None) | Q(due_at=None)
            ),
        ]
        indexes = [
            # The sweep reads only clocks that tick.
            models.Index(
                name="sla_clock_due",
                fields=["due_at"],
                condition=Q(stopped_at=None, paused_at=None, breached_at=None),
            ),
            models.Index(
                name="sla_clock_warn_due",
                fields=["warn_due_at"],
                condition=Q(stopped_at=None, paused_at=None, breached_at=None, warned_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_metric_display())
