from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.chat.enums import RuleKind

# What holds for an inbox without a rule of its own: (after, warning before that).
DEFAULT_RULES: dict[str, tuple[timedelta, timedelta | None]] = {
    RuleKind.CUSTOMER_SILENT: (timedelta(minutes=10), timedelta(minutes=3)),
    RuleKind.CUSTOMER_LEFT: (timedelta(minutes=5), None),
    RuleKind.QUEUE_ABANDONED: (timedelta(minutes=3), None),
    RuleKind.BOT_ABANDONED: (timedelta(minutes=20), None),
    RuleKind.WRAP_UP_OVER: (timedelta(minutes=5), None),
}


class TerminationRule(models.Model):
    """When a session of ``inbox`` ends by itself. Missing kinds follow ``DEFAULT_RULES``."""

    inbox = models.ForeignKey(
        "inboxes.Inbox", models.CASCADE, related_name="termination_rules", verbose_name=_("inbox")
    )
    kind = models.CharField(_("ends when"), max_length=20, choices=RuleKind)
    is_active = models.BooleanField(_("active"), default=True)
    after = models.DurationField(_("after"), help_text=_("hh:mm:ss, e.g. 00:10:00"))
    warn_before = models.DurationField(
        _("warn before"),
        null=True,
        blank=True,
        help_text=_("Tell the customer this long before closing, e.g. 00:03:00. Empty: no warning."),
    )

    class Meta:
        verbose_name = _("termination rule")
        verbose_name_plural = _("termination rules")
        constraints = [
            models.UniqueConstraint(name="termination_rule_once", fields=["inbox", "kind"]),
            models.CheckConstraint(name="termination_rule_after", condition=Q(after__gt=timedelta(0))),
            models.CheckConstraint(
                name="termination_rule_warns_in_time",
                condition=Q(warn_before=None) | Q(warn_before__gt=timedelta(0), warn_before__lt=F("after")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.inbox}: {self.get_kind_display()}"
