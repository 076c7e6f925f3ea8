from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.refunds.enums import AttemptKind, NoticeState
from apps.refunds.models.refund import Refund


class RefundAttempt(models.Model):
    """One call to the gateway, written down before it is made; without ``finished_at`` its worker died in it."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="calls")
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=8, choices=AttemptKind)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, blank=True)
    code = models.CharField(_("code"), max_length=60, blank=True)
    message = models.CharField(_("gateway's words"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("call to the gateway")
        verbose_name_plural = _("calls to the gateway")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="refund_attempt_number_once", fields=["refund", "number"]),
            models.CheckConstraint(name="refund_attempt_kind_known", condition=Q(kind__in=AttemptKind)),
            models.CheckConstraint(
                name="refund_attempt_end_is_whole",
                condition=Q(finished_at=None, outcome="") | (Q(finished_at__isnull=False) & ~Q(outcome="")),
            ),
        ]

    def __str__(self):
        return f"{self.refund} #{self.number}"


class RefundNoticeQuerySet(models.QuerySet):
    def due(self, now: datetime):
        """Notices that are still to be worked on."""
        return self.filter(state=NoticeState.NEW, due_at__lte=now)


class RefundNotice(models.Model):
    """A verified notification of a gateway, as it came; ``notice_id`` makes a repeated delivery one row."""

    gateway = models.CharField(_("gateway"), max_length=32)
    notice_id = models.CharField(_("gateway's number"), max_length=120)
    raw = models.BinaryField()
    state = models.CharField(_("state"), max_length=9, choices=NoticeState, default=NoticeState.NEW)
    refund = models.ForeignKey(
        Refund, models.PROTECT, null=True, blank=True, related_name="notices", verbose_name=_("refund")
    )
    why = models.CharField(_("why"), max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    received_at = models.DateTimeField(_("received at"))
    due_at = models.DateTimeField(_("next try at"))
    processed_at = models.DateTimeField(_("processed at"), null=True, blank=True)

    objects = RefundNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of a gateway")
        verbose_name_plural = _("notices of gateways")
        constraints = [
            models.UniqueConstraint(name="refund_notice_once", fields=["gateway", "notice_id"]),
            models.CheckConstraint(name="refund_notice_state_known", condition=Q(state__in=NoticeState)),
        ]
        indexes = [models.Index(name="refund_notice_due", fields=["due_at"], condition=Q(state="new"))]

    def __str__(self):
        return self.notice_id
