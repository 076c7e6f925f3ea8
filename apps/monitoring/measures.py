"""What figures are made of: shares with their denominators, percentiles, times between two moments."""

from dataclasses import dataclass

from django.db.models import DurationField, ExpressionWrapper, F, FloatField
from django.db.models.aggregates import Aggregate
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there is nothing to divide by."""
        return self.part / self.whole if self.whole else None


class Percentile(Aggregate):
    """A continuous percentile (0 to 1) of numbers; null of none."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def seconds_between(end: str | Combinable, start: str) -> Extract:
    """The seconds from one column to another, or to an expression."""
    until = F(end) if isinstance(end, str) else end
    return Extract(ExpressionWrapper(until - F(start), DurationField()), "epoch", output_field=FloatField())
