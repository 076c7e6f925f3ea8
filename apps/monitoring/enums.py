from django.db import models
from django.utils.translation import gettext_lazy as _


class AlertKind(models.TextChoices):
    """What an alert rule looks at."""

    QUEUE_WAIT = "queue_wait", _("Somebody waits too long in a queue")
    OVERFLOW = "overflow", _("A queue asks for its supervisors")
    SLA_RISK = "sla_risk", _("Tickets are due soon or overdue")
    DEAD_LETTERS = "dead_letters", _("Work was given up")
    STUCK_OUTBOX = "stuck_outbox", _("Work waits for its workers")
    BREAK_GLASS = "break_glass", _("Somebody took on a role for emergencies")
    REVEALS = "reveals", _("Somebody has used up what they may uncover in an hour")


class AlertNews(models.TextChoices):
    """What is told of an alert: each at most once."""

    RAISED = "alert.raised", _("Raised")
    RESOLVED = "alert.resolved", _("Resolved")


class WebhookState(models.TextChoices):
    """Life of a webhook call."""

    PENDING = "pending", _("Pending")
    SENT = "sent", _("Sent")
    DEAD = "dead", _("Given up")
