"""The desk's figures of a day: the definitions of ``apps.routing.figures``, and those that need chats and tickets.

Denominators are stated with each. Percentiles are of the raw times; what was never answered is shown apart.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncHour

from apps.access.models import User
from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession
from apps.monitoring import contacts
from apps.monitoring.measures import Percentile, Share, seconds_between
from apps.monitoring.work import Refunds, Tickets, refunds_of, tickets_of
from apps.refunds.models import Refund
from apps.routing import figures as routing
from apps.routing.figures import TRANSFERRED, DayFigures, figures_from, with_waits
from apps.routing.models import Assignment, Queue, QueueEntry
from apps.routing.occupancy import Load, agents_of, loads_of
from apps.surveys.enums import SurveyState
from apps.surveys.models import Survey
from apps.tickets.models import Ticket

GOOD_SCORE = 4  # of 5: satisfied
WEEK = 7


@dataclass(frozen=True)
class Responses:
    """Time to the first human reply, from the moment a chat came into a queue; seconds."""

    median_s: float | None
    p90_s: float | None
    unanswered: int  # queued that day, and nobody has replied yet


@dataclass(frozen=True)
class Handling:
    """Work of agents that ended that day, and how many chats they had at once meanwhile.

    Source: assignments; from the taking of a chat to the end of its writing up.
    """

    handled: int  # chats; one that was handed on counts once
    handle_s: float  # all agents' time on them, each chat by itself, together
    transfers: int  # handed on to another agent or queue, each time
    load: Load

    @property
    def average_s(self) -> float | None:
        """AHT per chat: handling and writing up / handled; seconds. To be read with ``concurrency``."""
        return self.handle_s / self.handled if self.handled else None

    @property
    def concurrency(self) -> float | None:
        """Chats that an agent had at once, on average over the time in which they had any."""
        return self.load.concurrency

    @property
    def agent_s(self) -> float | None:
        """AHT with overlapping time counted as 1/k: seconds of an agent that a chat takes."""
        if self.average_s is None or self.concurrency is None:
            return None
        return self.average_s / self.concurrency

    @property
    def per_agent_hour(self) -> float | None:
        """Chats that an agent handles in an hour with chats."""
        return 3600 / self.agent_s if self.agent_s else None

    @property
    def transfer_rate(self) -> float | None:
        """Transfers / handled; a chat handed on twice counts twice, so that it may exceed 1."""
        return self.transfers / self.handled if self.handled else None


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
    reopened: Share
    wismo: Share
    first_contact: Share
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
    sessions = ChatSession.objects.visible_to(user)
    opened = sessions.filter(opened_at__gte=since)
    return Today(
        since=since,
        **_chats(opened),
        reopened=contacts.reopened_chats(sessions, since),
        wismo=contacts.asking_where(opened),
        first_contact=contacts.first_contact(sessions, since),
        day=sum(routing.of_day(queue_ids, since=since).values(), DayFigures()),
        responses=_responses(sessions.filter(queued_at__gte=since)),
        handling=_handling(queue_ids, since, now),
        ratings=_ratings(Survey.objects.visible_to(user).filter(offered_at__gte=since)),
        tickets=tickets_of(Ticket.objects.visible_to(user), since=since, now=now),
        refunds=refunds_of(Refund.objects.visible_to(user), since=since, now=now),
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


def _handling(queue_ids: list[int], since: datetime, now: datetime) -> Handling:
    """Work in these queues; the load is that of its agents, with what they did for other queues meanwhile."""
    ended = Assignment.objects.filter(queue__in=queue_ids, ended_at__gte=since)
    row = ended.annotate(took=seconds_between("ended_at", "started_at")).aggregate(
        handled=Count("entry", distinct=True),
        handle_s=Sum("took", default=0.0),
        transfers=Count("pk", filter=Q(end_reason=TRANSFERRED)),
    )
    loads = loads_of(agents_of(queue_ids, since=since), since=since, now=now)
    return Handling(**row, load=sum(loads.values(), Load()))


def _ratings(surveys: QuerySet[Survey]) -> Ratings:
    answered = Q(state=SurveyState.ANSWERED)
    return Ratings(
        **surveys.aggregate(
            offered=Count("pk"),
            answered=Count("pk", filter=answered),
            good=Count("pk", filter=answered & Q(score__gte=GOOD_SCORE)),
        )
    )


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
