"""The desk's figures of a day: the definitions of ``apps.routing.figures``, and those that need chats and tickets.

Denominators are stated with each. Percentiles are of the raw times; what was never answered is shown apart.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    Avg,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Q,
    QuerySet,
)
from django.db.models.aggregates import Aggregate
from django.db.models.functions import Extract, TruncDate, TruncHour

from apps.access.models import User
from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession
from apps.refunds.enums import OPEN, RefundState
from apps.refunds.models import Refund
from apps.routing import figures as routing
from apps.routing.figures import DayFigures, figures_from, with_waits
from apps.routing.models import Assignment, Queue, QueueEntry
from apps.surveys.enums import SurveyState
from apps.surveys.models import Survey
from apps.tickets.models import SlaClock, Ticket

GOOD_SCORE = 4  # of 5: satisfied
WEEK = 7


class Percentile(Aggregate):
    """A continuous percentile (0 to 1) of numbers; null of none."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Responses:
    """Time to the first human reply, from the moment a chat came into a queue; seconds."""

    median_s: float | None
    p90_s: float | None
    unanswered: int  # queued that day, and nobody has replied yet


@dataclass(frozen=True)
class Handling:
    """Work that agents finished."""

    handled: int
    average_s: float | None  # with the writing up


@dataclass(frozen=True)
class Ratings:
    """Surveys offered that day."""

    offered: int
    answered: int
    good: int  # scores of 4 and 5

    @property
    def share(self) -> float | None:
        """Good of the answered."""
        return self.good / self.answered if self.answered else None

    @property
    def response(self) -> float | None:
        """Answered of the offered."""
        return self.answered / self.offered if self.offered else None


@dataclass(frozen=True)
class Tickets:
    """Tickets: the open ones of now, the others of the day."""

    open: int
    created: int
    solved: int
    due: int  # targets whose deadline fell into the day, or that were met in it
    met: int

    @property
    def attainment(self) -> float | None:
        """Deadlines met of the deadlines due."""
        return self.met / self.due if self.due else None


@dataclass(frozen=True)
class Refunds:
    """Refunds: those of now that somebody must look at, and how long the finished took."""

    to_approve: int
    under_way: int
    done: int
    median_s: float | None  # from the request to the money


@dataclass(frozen=True)
class Slot:
    """One bar of a chart: an hour, or a day."""

    at: datetime
    day: DayFigures


@dataclass(frozen=True)
class Today:
    """Everything on the dashboard."""

    since: datetime
    chats: int
    ended_by_robot: int
    ended: int
    day: DayFigures
    responses: Responses
    handling: Handling
    ratings: Ratings
    tickets: Tickets
    refunds: Refunds

    @property
    def containment(self) -> float | None:
        """Of today's chats that ended: those that no human was asked into."""
        return self.ended_by_robot / self.ended if self.ended else None


def today_of(user: User, *, now: datetime) -> Today:
    """The day so far in the desk's zone, of what ``user`` may see; a constant number of queries."""
    since = routing.day_start(now, routing.desk_zone())
    queue_ids = visible_queues(user)
    sessions = ChatSession.objects.visible_to(user).filter(opened_at__gte=since)
    return Today(
        since=since,
        **_chats(sessions),
        day=sum(routing.of_day(queue_ids, since=since).values(), DayFigures()),
        responses=_responses(ChatSession.objects.visible_to(user).filter(queued_at__gte=since)),
        handling=_handling(queue_ids, since),
        ratings=_ratings(Survey.objects.visible_to(user).filter(offered_at__gte=since)),
        tickets=_tickets(Ticket.objects.visible_to(user), since, now),
        refunds=_refunds(Refund.objects.visible_to(user), since),
    )


def visible_queues(user: User) -> list[int]:
    """Keys of the queues that ``user`` may see."""
    return list(Queue.objects.visible_to(user).order_by("pk").values_list("pk", flat=True))


def _chats(sessions: QuerySet[ChatSession]) -> dict[str, int]:
    ended = Q(status=ChatStatus.CLOSED)
    alone = ended & Q(queued_at=None, agent=None, answered_at__isnull=False)
    return sessions.aggregate(
        chats=Count("pk"), ended=Count("pk", filter=ended), ended_by_robot=Count("pk", filter=alone)
    )


def _responses(sessions: QuerySet[ChatSession]) -> Responses:
    replied = Q(first_response_at__isnull=False)
    took = seconds_between("first_response_at", "queued_at")
    row = sessions.annotate(took=took).aggregate(
        median_s=Percentile("took", share=0.5, filter=replied),
        p90_s=Percentile("took", share=0.9, filter=replied),
        unanswered=Count("pk", filter=~replied),
    )
    return Responses(**row)


def seconds_between(end: str, start: str) -> Extract:
    """The seconds from one column to another."""
    return Extract(ExpressionWrapper(F(end) - F(start), DurationField()), "epoch", output_field=FloatField())


def _handling(queue_ids: list[int], since: datetime) -> Handling:
    done = Assignment.objects.filter(queue__in=queue_ids, ended_at__gte=since)
    row = done.annotate(took=seconds_between("ended_at", "started_at")).aggregate(
        handled=Count("pk"), average_s=Avg("took")
    )
    return Handling(**row)


def _ratings(surveys: QuerySet[Survey]) -> Ratings:
    answered = Q(state=SurveyState.ANSWERED)
    return Ratings(
        **surveys.aggregate(
            offered=Count("pk"),
            answered=Count("pk", filter=answered),
            good=Count("pk", filter=answered & Q(score__gte=GOOD_SCORE)),
        )
    )


def _tickets(tickets: QuerySet[Ticket], since: datetime, now: datetime) -> Tickets:
    counts = {
        "open": tickets.live().count(),  # type: ignore[attr-defined]
        "created": tickets.filter(created_at__gte=since).count(),
        "solved": tickets.filter(solved_at__gte=since).count(),
    }
    met = Q(breached_at=None, stopped_at__gte=since)
    late = Q(breached_at__gte=since, breached_at__lte=now)
    clocks = SlaClock.objects.filter(met | late, ticket__in=tickets.values("pk"))
    return Tickets(**counts, **clocks.aggregate(due=Count("pk"), met=Count("pk", filter=met)))


def _refunds(refunds: QuerySet[Refund], since: datetime) -> Refunds:
    done = Q(state=RefundState.SUCCEEDED, settled_at__gte=since)
    row = refunds.annotate(took=seconds_between("settled_at", "requested_at")).aggregate(
        to_approve=Count("pk", filter=Q(state=RefundState.REQUESTED)),
        under_way=Count("pk", filter=Q(state__in=OPEN)),
        done=Count("pk", filter=done),
        median_s=Percentile("took", share=0.5, filter=done),
    )
    return Refunds(**row)


def by_hour(queue_ids: list[int], *, since: datetime, now: datetime) -> list[Slot]:
    """The hours of a day so far, empty ones included."""
    rows = _by(queue_ids, since, TruncHour("enqueued_at", tzinfo=since.tzinfo))
    found = {row["slot"]: figures_from(row) for row in rows}
    hours = int((now - since).total_seconds() // 3600) + 1
    slots = (since + timedelta(hours=n) for n in range(hours))
    return [Slot(at, found.get(at, DayFigures())) for at in slots]


def by_day(queue_ids: list[int], *, now: datetime) -> list[Slot]:
    """The last seven days in the desk's zone, today included, empty ones too."""
    zone = routing.desk_zone()
    today = routing.day_start(now, zone).astimezone(zone).date()
    days = [today - timedelta(days=WEEK - 1 - n) for n in range(WEEK)]
    starts = [datetime.combine(day, datetime.min.time(), tzinfo=zone) for day in days]
    rows = _by(queue_ids, starts[0], TruncDate("enqueued_at", tzinfo=zone))
    found = {row["slot"]: figures_from(row) for row in rows}
    return [Slot(start, found.get(day, DayFigures())) for day, start in zip(days, starts, strict=True)]


def _by(queue_ids: list[int], since: datetime, slot) -> QuerySet:
    came = QueueEntry.objects.filter(queue__in=queue_ids, enqueued_at__gte=since)
    return with_waits(came).annotate(slot=slot).values("slot").annotate(**routing.FIGURES).order_by("slot")
