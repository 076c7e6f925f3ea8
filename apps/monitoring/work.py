"""Figures of tickets and refunds: how many there are, how old, and how long they took."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, DateTimeField, Max, Q, QuerySet, Value

from apps.monitoring.measures import Percentile, Share, seconds_between
from apps.refunds.enums import OPEN, RefundState
from apps.refunds.models import Refund
from apps.tickets.enums import TicketMessageKind, TicketStatus
from apps.tickets.models import SlaClock, Ticket, TicketMessage

WEEK = timedelta(days=7)
UNKNOWN_FOR = timedelta(hours=1)  # after that somebody should ask the gateway's people
AGES = (timedelta(0), timedelta(days=1), timedelta(days=3), timedelta(days=7))  # where each bucket begins


@dataclass(frozen=True)
class Backlog:
    """Tickets that are not solved, and how old they are: since they came, day and night."""

    open: int = 0
    by_age: tuple[int, ...] = (0,) * len(AGES)  # under a day, under three, under a week, older
    p90_s: float | None = None
    oldest_s: float | None = None


@dataclass(frozen=True)
class Tickets:
    """Tickets: the open ones of now, the others of the day."""

    backlog: Backlog
    created: int
    solved: int
    solved_in_week: int  # in the seven days up to now
    reopened: Share  # of those solved today
    due: int  # targets whose deadline fell into the day, or that were met in it
    met: int

    @property
    def open(self) -> int:
        return self.backlog.open

    @property
    def net_flow(self) -> int:
        """Created less solved: by how much the backlog has grown today."""
        return self.created - self.solved

    @property
    def days_of_backlog(self) -> float | None:
        """Open / mean solved per day of the last seven: how long the desk would need; None when none was solved."""
        return self.open * WEEK.days / self.solved_in_week if self.solved_in_week else None

    @property
    def attainment(self) -> float | None:
        """Deadlines met of the deadlines due."""
        return self.met / self.due if self.due else None


@dataclass(frozen=True)
class Refunds:
    """Refunds: those of now that somebody must look at, and how long the finished of the day took."""

    to_approve: int
    under_way: int
    unknown: int  # for more than an hour
    done: int
    median_s: float | None  # from the request to the money
    p90_s: float | None


def tickets_of(tickets: QuerySet[Ticket], *, since: datetime, now: datetime) -> Tickets:
    """Figures of ``tickets`` since ``since``; a constant number of queries."""
    met = Q(breached_at=None, stopped_at__gte=since)
    late = Q(breached_at__gte=since, breached_at__lte=now)
    clocks = SlaClock.objects.filter(met | late, ticket__in=tickets.values("pk"))
    solved = tickets.filter(solved_at__gte=now - WEEK).aggregate(
        solved=Count("pk", filter=Q(solved_at__gte=since)), solved_in_week=Count("pk")
    )
    return Tickets(
        backlog=backlog_of(tickets, now=now),
        created=tickets.filter(created_at__gte=since).count(),
        **solved,
        reopened=_reopened(tickets, since, solved["solved"]),
        **clocks.aggregate(due=Count("pk"), met=Count("pk", filter=met)),
    )


def backlog_of(tickets: QuerySet[Ticket], *, now: datetime) -> Backlog:
    """Backlog and age: the live ones of ``tickets`` at ``now``; ages in seconds since their creation. One query."""
    live = tickets.live().annotate(  # type: ignore[attr-defined]
        age=seconds_between(Value(now, output_field=DateTimeField()), "created_at")
    )
    counts = {
        f"from_{n}": Count("pk", filter=_between(begin, end))
        for n, (begin, end) in enumerate(zip(AGES, [*AGES[1:], None], strict=True))
    }
    row = live.aggregate(open=Count("pk"), p90_s=Percentile("age", share=0.9), oldest_s=Max("age"), **counts)
    by_age = tuple(row.pop(name) for name in counts)
    return Backlog(**row, by_age=by_age)


def _between(begin: timedelta, end: timedelta | None) -> Q:
    """The condition on ``age``; clocks that differ a little make no ticket vanish from the first bucket."""
    old = Q(age__gte=begin.total_seconds()) if begin else Q()
    return old & Q(age__lt=end.total_seconds()) if end else old


def _reopened(tickets: QuerySet[Ticket], since: datetime, solved: int) -> Share:
    """Reopen rate of tickets: reopened / solved, both since ``since``.

    Solved are those that still are and those that were opened again; from the lines of the tickets. Unit: tickets.
    """
    again = TicketMessage.objects.filter(
        ticket__in=tickets.filter(updated_at__gte=since).values("pk"),
        kind=TicketMessageKind.EVENT,
        payload__changes__status__0=TicketStatus.SOLVED,
        payload__changes__status__1=TicketStatus.OPEN,
        at__gte=since,
    ).count()
    return Share(again, again + solved)


def refunds_of(refunds: QuerySet[Refund], *, since: datetime, now: datetime) -> Refunds:
    """Figures of ``refunds``; turnaround is from the request to the gateway's confirmation, in seconds. One query."""
    done = Q(state=RefundState.SUCCEEDED, settled_at__gte=since)
    row = refunds.annotate(took=seconds_between("settled_at", "requested_at")).aggregate(
        to_approve=Count("pk", filter=Q(state=RefundState.REQUESTED)),
        under_way=Count("pk", filter=Q(state__in=OPEN)),
        unknown=Count("pk", filter=unknown_too_long(now)),
        done=Count("pk", filter=done),
        median_s=Percentile("took", share=0.5, filter=done),
        p90_s=Percentile("took", share=0.9, filter=done),
    )
    return Refunds(**row)


def unknown_too_long(now: datetime) -> Q:
    """Refunds of which nobody has known for more than an hour whether they were executed."""
    return Q(state=RefundState.UNKNOWN, unknown_since__lt=now - UNKNOWN_FOR)
