from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.money import Money
from apps.refunds.enums import LedgerKind, ReportState
from apps.refunds.models.refund import Refund

RETURNS = "sales_returns"


class LedgerEntry(models.Model):
    """One booking in double entry: ``amount`` leaves account ``credit`` for account ``debit``. Never changed."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="bookings", verbose_name=_("refund"))
    kind = models.CharField(_("kind"), max_length=8, choices=LedgerKind)
    debit = models.CharField(_("debit"), max_length=48)
    credit = models.CharField(_("credit"), max_length=48)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["pk"]
        constraints = [
            # A refund is booked once, and taken back at most once.
            models.UniqueConstraint(name="ledger_kind_once_per_refund", fields=["refund", "kind"]),
            models.CheckConstraint(name="ledger_kind_known", condition=Q(kind__in=LedgerKind)),
            models.CheckConstraint(name="ledger_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="ledger_two_accounts", condition=~Q(debit=F("credit"))),
        ]
        indexes = [models.Index(name="ledger_by_time", fields=["at"])]

    def __str__(self):
        return f"{self.kind} {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


class RefundReportQuerySet(models.QuerySet):
    def due(self, now: datetime):
        """Reports to send at ``now``."""
        return self.filter(state=ReportState.PENDING, due_at__lte=now)


class RefundReport(models.Model):
    """What the shop is to hear about a refund: outbox, sent by a worker until the shop has taken it."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="reports", verbose_name=_("refund"))
    status = models.CharField(_("says"), max_length=10)
    state = models.CharField(_("state"), max_length=8, choices=ReportState, default=ReportState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next try at"))
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("since"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = RefundReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report to the shop")
        verbose_name_plural = _("reports to the shop")
        constraints = [
            models.UniqueConstraint(name="refund_report_once", fields=["refund", "status"]),
            models.CheckConstraint(name="refund_report_state_known", condition=Q(state__in=ReportState)),
            models.CheckConstraint(
                name="refund_report_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
        ]
        indexes = [models.Index(name="refund_report_due", fields=["due_at"], condition=Q(state="pending"))]

    def __str__(self):
        return f"{self.refund} {self.status}"
