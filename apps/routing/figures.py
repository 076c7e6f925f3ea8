"""Figures of the day, of queues and of agents; each with one definition and a stated denominator.

The formulas are those of contact centres: service level = answered within the target / (answered + abandoned), where
abandoned are those who left after 5 s of waiting or more; what came through is never dropped from the denominator.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from apps.routing.enums import EntryState
from apps.routing.models import Assignment, Queue, QueueEntry

GAVE_UP_AFTER = timedelta(seconds=5)  # who leaves sooner has hardly waited
TRANSFERRED = "transferred"  # why an agent's work on a chat ended: they handed it on
DEFLECTED = ("back_to_bot", "ticket")  # left for something that we offered
SECOND = Value(timedelta(seconds=1), output_field=DurationField())


@dataclass(frozen=True)
class DayFigures:
    """What became of those who came into a queue since a moment."""

    entered: int = 0
    answered: int = 0
    in_time: int = 0  # of the answered, within the target of their queue
    abandoned: int = 0
    waited_s: float = 0.0  # of the answered, together

    @property
    def service_level(self) -> float | None:
        """Share from 0 to 1; None when nobody was answered and nobody gave up."""
        return self.in_time / (self.answered + self.abandoned) if self.answered + self.abandoned else None

    @property
    def abandonment(self) -> float | None:
        """Gave up of all who came."""
        return self.abandoned / self.entered if self.entered else None

    @property
    def average_wait_s(self) -> float | None:
        """Of the answered."""
        return self.waited_s / self.answered if self.answered else None

    def __add__(self, other: "DayFigures") -> "DayFigures":
        return DayFigures(*(a + b for a, b in zip(_values(self), _values(other), strict=True)))


def _values(figures: DayFigures) -> Iterable[Any]:
    return vars(figures).values()


def desk_zone() -> tzinfo:
    """The zone of the desk: of the default queue's calendar, UTC without one."""
    queue = Queue.objects.filter(is_default=True).select_related("calendar").first()
    return queue.calendar.tz if queue and queue.calendar else UTC


def day_start(now: datetime, zone: tzinfo) -> datetime:
    """The midnight before ``now`` in ``zone``, in UTC."""
    return datetime.combine(now.astimezone(zone).date(), time(0), tzinfo=zone).astimezone(UTC)


def with_waits(entries: QuerySet[QueueEntry]) -> QuerySet[QueueEntry]:
    """Entries with ``wait`` (until an agent took them) and ``gave_up_after``, both from when the wait counts."""
    since = Coalesce("counted_from", "enqueued_at")
    return entries.annotate(
        wait=ExpressionWrapper(F("answered_at") - since, DurationField()),
        gave_up_after=ExpressionWrapper(F("ended_at") - since, DurationField()),
    )


ANSWERED = Q(answered_at__isnull=False)
IN_TIME = ANSWERED & Q(
    wait__lte=ExpressionWrapper(F("queue__answer_target_seconds") * SECOND, DurationField())
)
ABANDONED = Q(state=EntryState.LEFT, answered_at=None, gave_up_after__gte=GAVE_UP_AFTER) & ~Q(
    end_reason__in=DEFLECTED
)
FIGURES = {
    "entered": Count("pk"),
    "answered": Count("pk", filter=ANSWERED),
    "in_time": Count("pk", filter=IN_TIME),
    "abandoned": Count("pk", filter=ABANDONED),
    "waited": Sum("wait", filter=ANSWERED),
}


def of_day(queue_ids: list[int], *, since: datetime, until: datetime | None = None) -> dict[int, DayFigures]:
    """Figures by queue of what came from ``since`` (until ``until``); queues without any are missing. One query."""
    came = QueueEntry.objects.filter(queue__in=queue_ids, enqueued_at__gte=since)
    came = came.filter(enqueued_at__lt=until) if until else came
    rows = with_waits(came).values("queue_id").annotate(**FIGURES)
    return {row["queue_id"]: figures_from(row) for row in rows}


def figures_from(row: Mapping[str, Any]) -> DayFigures:
    """The figures in a row that was annotated with ``FIGURES``."""
    waited = row["waited"].total_seconds() if row["waited"] else 0.0
    counts = {name: row[name] for name in ("entered", "answered", "in_time", "abandoned")}
    return DayFigures(**counts, waited_s=waited)


@dataclass(frozen=True)
class AgentDay:
    """What an agent has done since a moment."""

    handled: int = 0
    average_handle_s: float = 0.0


def of_agents(user_ids: list[int], *, since: datetime) -> dict[int, AgentDay]:
    """Work that agents have finished since ``since``, by user; those without any are missing. One query."""
    done = Assignment.objects.filter(agent__in=user_ids, ended_at__gte=since)
    spans = ExpressionWrapper(F("ended_at") - F("started_at"), DurationField())
    rows = done.values("agent_id").annotate(handled=Count("pk"), average=Avg(spans))
    return {row["agent_id"]: AgentDay(row["handled"], row["average"].total_seconds()) for row in rows}
