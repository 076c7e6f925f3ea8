"""The live board: what waits, who is there, and how the day went so far. Looks again by itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.access import services as access
from apps.access.models import User
from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession
from apps.console.pages import render_page
from apps.console.preferences import StaffRequest, console_view
from apps.routing import figures
from apps.routing import selectors as routing
from apps.routing.enums import Intent
from apps.routing.figures import AgentDay, DayFigures
from apps.routing.models import AgentSeat, Queue
from apps.routing.occupancy import Load, loads_of
from apps.routing.permissions import RoutingAction
from apps.routing.selectors import Opening, QueueFigures

AGENTS = 200
LONGEST = 8  # waiting customers who are named
TONES = {Intent.ONLINE: "green", Intent.BREAK: "amber", Intent.OFFLINE: ""}
PRESENT_FIRST = [Intent.ONLINE, Intent.BREAK, Intent.OFFLINE]


@dataclass(frozen=True)
class QueueLine:
    """One queue of the board."""

    now: QueueFigures
    day: DayFigures
    opening: Opening
    late: bool  # somebody waits longer than the queue promises

    @property
    def unstaffed(self) -> bool:
        """Somebody waits in an open queue, and nobody is there."""
        return bool(self.opening.open and self.now.waiting and not self.now.agents_online)


@dataclass(frozen=True)
class AgentLine:
    """One agent of the board."""

    seat: AgentSeat
    state: str
    tone: str
    queues: list[str]
    day: AgentDay
    at_once: float | None  # chats at the same time, on average while there were any

    @property
    def since(self) -> datetime | None:
        """When the state began; of the offline, when they were last seen."""
        return self.seat.lease_until if self.state == Intent.OFFLINE else self.seat.intent_since

    @property
    def fill(self) -> int:
        """Use of the seat in per cent."""
        return min(round(100 * self.seat.used_units / (self.seat.max_units or 1)), 100)


@dataclass(frozen=True)
class WaitingLine:
    """One customer who waits for an agent."""

    session: ChatSession
    since: datetime


@dataclass(frozen=True)
class Board:
    """Everything on the page."""

    at: datetime
    queues: list[QueueLine]
    agents: list[AgentLine]
    longest: list[WaitingLine]
    day: DayFigures

    @property
    def waiting(self) -> int:
        return sum(line.now.waiting for line in self.queues)

    @property
    def longest_wait_s(self) -> int:
        return max((line.now.longest_wait_s for line in self.queues), default=0)

    @property
    def present(self) -> int:
        return sum(line.state == Intent.ONLINE for line in self.agents)

    @property
    def seats(self) -> tuple[int, int]:
        """Units in use and units there are, of those online."""
        online = [line.seat for line in self.agents if line.state == Intent.ONLINE]
        return sum(seat.used_units for seat in online), sum(seat.max_units for seat in online)


@require_safe
@console_view
def board(request: StaffRequest) -> HttpResponse:
    """The page; htmx gets the board alone."""
    access.require(request.user, RoutingAction.READ_QUEUE)
    context = {"board": board_of(request.user, now=timezone.now())}
    return render_page(
        request, "console/live/board.html", context, place="live", part="console/live/_board.html"
    )


def board_of(user: User, *, now: datetime) -> Board:
    """The board of the queues and agents that ``user`` may see; a constant number of queries."""
    queues = list(
        Queue.objects.visible_to(user)
        .select_related("calendar")
        .prefetch_related("calendar__hours", "calendar__periods__hours")
    )
    since = figures.day_start(now, figures.desk_zone())
    by_queue = figures.of_day([queue.pk for queue in queues], since=since)
    lines = [
        _queue_line(line, by_queue.get(line.queue.pk, DayFigures()), now)
        for line in routing.queue_board(user, now=now, queues=queues)
    ]
    total = sum((line.day for line in lines), DayFigures())
    return Board(now, lines, _agents(user, queues, since, now), _longest(user), total)


def _queue_line(line: QueueFigures, day: DayFigures, now: datetime) -> QueueLine:
    opening = routing.opening(line.queue, now)
    late = opening.open and line.longest_wait_s > line.queue.answer_target_seconds
    return QueueLine(line, day, opening, late)


def _agents(user: User, queues: list[Queue], since: datetime, now: datetime) -> list[AgentLine]:
    names = {queue.pk: queue.name for queue in queues}
    served: dict[int, list[str]] = {}
    for queue_id, user_id in routing.memberships(queues=list(names)):
        served.setdefault(user_id, []).append(names[queue_id])
    seats = AgentSeat.objects.visible_to(user).select_related("user").filter(user__is_active=True)
    shown = [seat for seat in seats[: AGENTS * 5] if seat.user_id in served]
    users = [seat.user_id for seat in shown]
    days, loads = figures.of_agents(users, since=since), loads_of(users, since=since, now=now)
    lines = [
        AgentLine(
            seat,
            state := Intent(seat.state_at(now)),
            TONES[state],
            sorted(served[seat.user_id]),
            days.get(seat.user_id, AgentDay()),
            loads.get(seat.user_id, Load()).concurrency,
        )
        for seat in shown
    ]
    return sorted(lines, key=_rank)[:AGENTS]


def _rank(line: AgentLine) -> tuple[int, Any]:
    return PRESENT_FIRST.index(Intent(line.state)), line.seat.user.actor_label.casefold()


def _longest(user: User) -> list[WaitingLine]:
    """Those who have waited longest, of the chats that ``user`` may read."""
    waiting = ChatSession.objects.visible_to(user).filter(status=ChatStatus.QUEUED, opens_at=None)
    rows = waiting.select_related("customer", "queue").order_by("queued_at", "pk")[:LONGEST]
    return [WaitingLine(session, session.queued_at or session.opened_at) for session in rows]
