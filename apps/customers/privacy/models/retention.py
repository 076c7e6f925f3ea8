from datetime import timedelta

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.ids import public_id
from apps.customers.privacy.enums import PurgeState
from apps.customers.privacy.models.base import PrivacyQuerySet, person

KEEP_MIN = 30  # days; longer than any chat or ticket can be taken up again


class RetentionRule(models.Model):
    """How long one kind of data is kept. Every kind that can go by age has one; ``kind`` names it."""

    kind = models.CharField(_("data"), max_length=40, unique=True, editable=False)
    keep_days = models.PositiveIntegerField(
        _("keep for (days)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(KEEP_MIN)],
        help_text=_("Empty: for ever."),
    )
    is_enabled = models.BooleanField(_("purges by night"), default=False)

    objects = PrivacyQuerySet.as_manager()

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ["kind"]
        constraints = [
            models.CheckConstraint(
                name="retention_keeps_a_while", condition=Q(keep_days=None) | Q(keep_days__gte=KEEP_MIN)
            ),
            models.CheckConstraint(
                name="retention_enabled_has_days", condition=Q(is_enabled=False) | Q(keep_days__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.kind

    @property
    def keeps(self) -> timedelta | None:
        """None: for ever."""
        return None if self.keep_days is None else timedelta(days=self.keep_days)


class PurgeRunQuerySet(PrivacyQuerySet):
    def last_of_each_kind(self):
        """What became of the newest purge of each kind."""
        newest = self.order_by("kind", "-pk").distinct("kind")
        return self.filter(pk__in=newest.values("pk"))


class PurgeRun(models.Model):
    """One purge of one kind: what is older than ``before`` goes, batch by batch up from ``cursor``."""

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    kind = models.CharField(_("data"), max_length=40)
    before = models.DateTimeField(_("older than"))
    state = models.CharField(_("state"), max_length=8, choices=PurgeState, default=PurgeState.RUNNING)
    counted = models.PositiveBigIntegerField(_("found"), default=0)
    done = models.PositiveBigIntegerField(_("purged"), default=0)
    failed = models.PositiveBigIntegerField(_("failed"), default=0)
    cursor = models.BigIntegerField(default=0)
    error = models.CharField(_("error"), max_length=300, blank=True)
    started_by = person(_("started by"), null=True)
    started_at = models.DateTimeField(_("started at"))
    touched_at = models.DateTimeField(_("last progress"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = PurgeRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("purge")
        verbose_name_plural = _("purges")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                name="purge_one_at_a_time", fields=["kind"], condition=Q(state="running")
            ),
            models.CheckConstraint(name="purge_state_known", condition=Q(state__in=PurgeState)),
            models.CheckConstraint(
                name="purge_end_has_time",
                condition=Q(state="running", finished_at=None)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d}"
