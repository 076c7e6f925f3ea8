from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.ids import public_id
from apps.customers.privacy.enums import (
    ERASURE_OPEN,
    EXPORT_OPEN,
    ErasureReason,
    ErasureState,
    ExportState,
)
from apps.customers.privacy.models.base import PrivacyQuerySet, person, reference


def archive_name(export: "CustomerExport", filename: str) -> str:
    """A name of our own, which says nothing about whose data it is."""
    return f"privacy/{export.public_id}.zip"


class CustomerExport(models.Model):
    """A copy of everything that the desk holds about somebody, for them; its file goes at ``expires_at``."""

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="exports", verbose_name=_("customer")
    )
    language = models.CharField(_("language"), max_length=16)
    state = models.CharField(_("state"), max_length=8, choices=ExportState, default=ExportState.PENDING)
    kinds_total = models.PositiveSmallIntegerField(_("kinds of data"), default=0)
    kinds_done = models.PositiveSmallIntegerField(_("of them done"), default=0)
    records = models.PositiveIntegerField(_("records"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    file = models.FileField(upload_to=archive_name, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=300, blank=True)
    requested_by = person(_("asked for by"))
    requested_at = models.DateTimeField(_("asked for at"))
    locked_until = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(_("ready at"), null=True)
    expires_at = models.DateTimeField(_("kept until"), null=True)

    objects = PrivacyQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy of customer data")
        verbose_name_plural = _("copies of customer data")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="export_state_known", condition=Q(state__in=ExportState)),
            models.CheckConstraint(
                name="export_ready_has_end",
                condition=~Q(state="ready") | (Q(expires_at__isnull=False) & ~Q(file="")),
            ),
            models.UniqueConstraint(
                name="export_one_open_per_customer", fields=["customer"], condition=Q(state__in=EXPORT_OPEN)
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Erasure(models.Model):
    """Somebody's data go, for good: asked for by one person, confirmed by another.

    ``traces`` say by what else their data are found; they are emptied at the end. ``digest`` is that of the
    ``certificate``, and stands in the audit trail too.
    """

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="erasures", verbose_name=_("customer")
    )
    state = models.CharField(_("state"), max_length=10, choices=ErasureState, default=ErasureState.REQUESTED)
    reason = models.CharField(_("reason"), max_length=10, choices=ErasureReason)
    reference = reference()
    requested_by = person(_("asked for by"))
    requested_at = models.DateTimeField(_("asked for at"))
    decided_by = person(_("decided by"), null=True)
    decided_at = models.DateTimeField(_("decided at"), null=True)
    traces = models.JSONField(default=dict, editable=False)
    error = models.CharField(_("error"), max_length=300, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    certificate = models.JSONField(null=True, editable=False)
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True)

    objects = PrivacyQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="erasure_state_known", condition=Q(state__in=ErasureState)),
            models.CheckConstraint(name="erasure_reason_known", condition=Q(reason__in=ErasureReason)),
            models.CheckConstraint(
                name="erasure_maker_is_not_checker",
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="erasure_needs_second_person",
                condition=Q(state__in=["requested", "withdrawn"]) | Q(decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="erasure_done_is_certified",
                condition=~Q(state="done") | (Q(finished_at__isnull=False, traces={}) & ~Q(digest="")),
            ),
            models.UniqueConstraint(
                name="erasure_one_open_per_customer", fields=["customer"], condition=Q(state__in=ERASURE_OPEN)
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class ErasureStep(models.Model):
    """One kind of data of an erasure. ``counts`` and ``done_at`` are written with the erasing, in one transaction."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="steps")
    kind = models.CharField(_("data"), max_length=40)
    counts = models.JSONField(_("erased"), default=dict)
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        verbose_name = _("step of an erasure")
        verbose_name_plural = _("steps of erasures")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(name="erasure_step_once", fields=["erasure", "kind"])]

    def __str__(self) -> str:
        return self.kind
