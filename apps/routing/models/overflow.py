from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.routing.enums import OverflowAction, OverflowTrigger
from apps.routing.models.queues import Queue
from apps.routing.models.work import QueueEntry


class OverflowStep(models.Model):
    """One rung of a queue's ladder: what happens to an item when too many wait, or it waits too long."""

    queue = models.ForeignKey(Queue, models.CASCADE, related_name="overflow_steps", verbose_name=_("queue"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    trigger = models.CharField(_("when"), max_length=8, choices=OverflowTrigger)
    threshold = models.PositiveIntegerField(
        _("limit"), validators=[MinValueValidator(1)], help_text=_("Items, or seconds.")
    )
    action = models.CharField(_("then"), max_length=20, choices=OverflowAction)
    target = models.ForeignKey(
        Queue,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="overflow_sources",
        verbose_name=_("to queue"),
        help_text=_("Only for moving."),
    )

    class Meta:
        verbose_name = _("overflow step")
        verbose_name_plural = _("overflow steps")
        ordering = ["queue", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="overflow_trigger_known", condition=Q(trigger__in=OverflowTrigger.values)
            ),
            models.CheckConstraint(
                name="overflow_action_known", condition=Q(action__in=OverflowAction.values)
            ),
            models.CheckConstraint(name="overflow_threshold_positive", condition=Q(threshold__gte=1)),
            models.CheckConstraint(
                name="overflow_target_for_moves",
                condition=Q(action=OverflowAction.MOVE, target__isnull=False)
                | (~Q(action=OverflowAction.MOVE) & Q(target=None)),
            ),
            models.CheckConstraint(
                name="overflow_target_elsewhere", condition=Q(target=None) | ~Q(target=F("queue"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_trigger_display()} ≥ {self.threshold}: {self.get_action_display()}"

    def clean(self) -> None:
        """Say beside the field what the constraint would refuse."""
        if (self.action == OverflowAction.MOVE) != (self.target_id is not None):
            raise ValidationError({"target": _("Name a queue for moving, and only for that.")})


class OverflowTaken(models.Model):
    """A step was taken for an entry: once, whatever happens after that."""

    entry = models.ForeignKey(QueueEntry, models.CASCADE, related_name="overflow", verbose_name=_("entry"))
    step = models.ForeignKey(
        OverflowStep, models.CASCADE, related_name="taken", verbose_name=_("overflow step")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("overflow")
        verbose_name_plural = _("overflows")
        constraints = [models.UniqueConstraint(name="overflow_once_per_entry", fields=["entry", "step"])]

    def __str__(self) -> str:
        return f"{self.entry}: {self.step}"
