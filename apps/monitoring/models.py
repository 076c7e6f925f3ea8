from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.models import User
from apps.common.ids import public_id
from apps.monitoring.enums import AlertKind, AlertNews, WebhookState
from apps.monitoring.permissions import MonitoringAction
from apps.routing.models import SUPERVISE, Queue


class AlertRule(models.Model):
    """When supervisors are called. Raised once, resolved by itself."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=AlertKind)
    queue = models.ForeignKey(
        Queue,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="alert_rules",
        verbose_name=_("queue"),
        help_text=_("Empty: each queue."),
    )
    threshold = models.PositiveIntegerField(
        _("limit"), default=1, help_text=_("Seconds for waits and stuck work, else how many.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    sends_webhook = models.BooleanField(
        _("call the webhook"), default=True, help_text=_("Where ALERT_WEBHOOK_URL is set.")
    )

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="alert_rule_kind_known", condition=Q(kind__in=AlertKind.values)),
            models.CheckConstraint(name="alert_rule_threshold_positive", condition=Q(threshold__gte=1)),
            # Nobody switches it off before they break the glass.
            models.CheckConstraint(
                name="alert_rule_of_emergencies_is_on",
                condition=~Q(kind=AlertKind.BREAK_GLASS) | Q(is_active=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlertQuerySet(models.QuerySet):
    def open(self):
        """Alerts whose reason still holds."""
        return self.filter(resolved_at=None)

    def visible_to(self, user: User):
        """Alerts of the queues that ``user`` supervises; all, those of no queue included, with ``READ_ANY_ALERT``."""
        return access.reachable(self, user, MonitoringAction.READ_ALERT)


class Alert(models.Model):
    """Something that needs a supervisor, from ``raised_at`` until ``resolved_at``. One open for a rule and key."""

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    rule = models.ForeignKey(AlertRule, models.CASCADE, related_name="alerts", verbose_name=_("rule"))
    key = models.CharField(max_length=80)  # what it is about, among those of one rule: "queue:3", "mail"
    queue = models.ForeignKey(
        Queue, models.CASCADE, null=True, related_name="alerts", verbose_name=_("queue")
    )
    value = models.PositiveIntegerField(_("value"))
    worst = models.PositiveIntegerField(_("worst value"))
    about = models.JSONField(default=dict)  # what its words need besides, by kind
    raised_at = models.DateTimeField(_("raised at"))
    seen_at = models.DateTimeField(_("last found at"))  # by the sweep
    resolved_at = models.DateTimeField(_("resolved at"), null=True)
    acknowledged_at = models.DateTimeField(_("taken up at"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("taken up by")
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="alert_one_open", fields=["rule", "key"], condition=Q(resolved_at=None)
            ),
            models.CheckConstraint(
                name="alert_acknowledged_with_time",
                condition=Q(acknowledged_by=None) | Q(acknowledged_at__isnull=False),
            ),
        ]
        indexes = [models.Index(name="alert_newest", fields=["-raised_at", "-id"])]

    def __str__(self) -> str:
        return f"{self.rule}: {self.key}"

    SCOPED_BY = (SUPERVISE,)

    def access_scope(self) -> Queue | None:
        return self.queue


class AlertWebhook(models.Model):
    """One call of the webhook about an alert, until it went through or was given up."""

    message_id = models.CharField(max_length=40, unique=True, default=public_id, editable=False)
    alert = models.ForeignKey(Alert, models.CASCADE, related_name="webhooks", verbose_name=_("alert"))
    news = models.CharField(_("news"), max_length=16, choices=AlertNews)
    state = models.CharField(_("state"), max_length=8, choices=WebhookState, default=WebhookState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due at"))
    locked_until = models.DateTimeField(null=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("alert webhook")
        verbose_name_plural = _("alert webhooks")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="alert_webhook_once", fields=["alert", "news"]),
            models.CheckConstraint(
                name="alert_webhook_state_known", condition=Q(state__in=WebhookState.values)
            ),
            models.CheckConstraint(
                name="alert_webhook_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
        ]
        indexes = [models.Index(name="alert_webhook_due", fields=["due_at"], condition=Q(state="pending"))]

    def __str__(self) -> str:
        return f"{self.alert}: {self.get_news_display()}"
