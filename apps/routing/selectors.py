import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.utils import timezone

from apps.access.models import User
from apps.routing import hours, rules
from apps.routing.enums import OfferState, OverflowAction
from apps.routing.models import (
    SERVE,
    AgentSeat,
    Assignment,
    Offer,
    Queue,
    QueueEntry,
    QueueGroupObjectPermission,
    QueueUserObjectPermission,
    RoutingRule,
)
from apps.routing.rules import Case, Decision

HANDLE_TIMES = 100  # the sample behind an estimate
DEFAULT_HANDLE_S = 240.0


@dataclass(frozen=True)
class Opening:
    """Whether a queue is open, and when it will be next (None when open, or never)."""

    open: bool
    opens_at: datetime | None


@dataclass(frozen=True)
class QueueFigures:
    """One line of the board. Seats of agents who serve several queues count in each."""

    queue: Queue
    waiting: int  # entries in the queue, those just offered included
    longest_wait_s: int  # 0 when nobody waits
    agents_online: int
    seats_free: int  # units


def decide_for(case: Case) -> Decision:
    """The queue for ``case`` by the active rules, with the trace. Raises ``NoQueue``."""
    active = RoutingRule.objects.filter(is_active=True).select_related("queue").prefetch_related("skills")
    return rules.decide(case, rules=active, default=Queue.objects.filter(is_default=True).first())


def opening(queue: Queue, at: datetime | None = None) -> Opening:
    """Service hours of ``queue`` at ``at`` (default now); a queue without a calendar is always open."""
    at = at or timezone.now()
    if queue.calendar is None:
        return Opening(open=True, opens_at=None)
    opens_at = hours.next_opening(queue.calendar.schedule(), at)
    if opens_at == at:
        return Opening(open=True, opens_at=None)
    return Opening(open=False, opens_at=opens_at)


def fallbacks(queue: Queue) -> list[Queue]:
    """Where work of ``queue`` goes when it is too much, by the ladder."""
    moves = queue.overflow_steps.filter(action=OverflowAction.MOVE).order_by("position", "pk")
    return [step.target for step in moves.select_related("target__calendar") if step.target]


def last_entry(kind: str, item_id: int) -> QueueEntry | None:
    """The newest entry of the item, live or left."""
    entries = QueueEntry.objects.of_item(kind, item_id).select_related("queue", "rule")
    return entries.order_by("-pk").first()


def live_entry(kind: str, item_id: int) -> QueueEntry | None:
    """The entry under which the item waits or is with an agent."""
    return QueueEntry.objects.live().of_item(kind, item_id).select_related("queue").first()


def live_assignment(kind: str, item_id: int) -> Assignment | None:
    """Who has the item now."""
    live = Assignment.objects.live().filter(kind=kind, item_id=item_id)
    return live.select_related("agent", "queue").first()


def pending_offers(user: User) -> QuerySet[Offer]:
    """What ``user`` is being asked, oldest first."""
    asked = Offer.objects.filter(agent=user, state=OfferState.PENDING).order_by("pk")
    return asked.select_related("entry__queue")


def pending_offers_of(users: Iterable[int], *, kind: str) -> QuerySet:
    """Rows (user, offer, item, slug of the queue): what ``users`` are being asked, of one kind of work."""
    asked = Offer.objects.filter(agent__in=users, state=OfferState.PENDING, entry__kind=kind)
    return asked.values_list("agent_id", "public_id", "entry__item_id", "entry__queue__slug")


def position(entry: QueueEntry) -> int:
    """Place of ``entry`` in its queue, from 1, in the order of service."""
    same_rank = Q(enqueued_at__lt=entry.enqueued_at) | Q(enqueued_at=entry.enqueued_at, pk__lt=entry.pk)
    before = Q(priority__gt=entry.priority) | (Q(priority=entry.priority) & same_rank)
    return QueueEntry.objects.in_queue().filter(before, queue_id=entry.queue_id).count() + 1


def eta(queue: Queue, position: int, *, now: datetime | None = None) -> tuple[int | None, int | None]:
    """Seconds until ``position`` is served, as (low, high); (None, None) when nobody is online.

    With c units busy, each for a handle time h, the k-th release comes after k·h/c ± √k·h/c: the mean and standard
    deviation of an Erlang(k, c/h) time. Free units are subtracted from k first.
    """
    now = now or timezone.now()
    online = AgentSeat.objects.present(now).in_queue(queue.pk)
    seats = online.aggregate(units=Sum("max_units"), used=Sum("used_units"))
    if not seats["units"]:
        return None, None
    behind = max(position - max(seats["units"] - seats["used"], 0), 0)
    pace = handle_seconds(queue) / seats["units"]
    return int((behind - math.sqrt(behind)) * pace), math.ceil((behind + math.sqrt(behind)) * pace)


def handle_seconds(queue: Queue) -> float:
    """Median time an agent had an item of ``queue``, over the last 100; 240 s before there were any."""
    ended = Assignment.objects.filter(queue=queue, ended_at__isnull=False).order_by("-ended_at")
    spans = ended.values_list(F("ended_at") - F("started_at"), flat=True)[:HANDLE_TIMES]
    return median([span.total_seconds() for span in spans] or [DEFAULT_HANDLE_S])


def queue_board(
    user: User | None, *, now: datetime | None = None, queues: Iterable[Queue] | None = None
) -> list[QueueFigures]:
    """Figures of the queues ``user`` may see (or of ``queues``, already filtered), by name."""
    now = now or timezone.now()
    if queues is None:
        queues = Queue.objects.visible_to(user) if user else ()
    shown = list(queues)
    waiting = _waiting([queue.pk for queue in shown])
    online, free = _seats([queue.pk for queue in shown], now)
    return [
        QueueFigures(queue, *_wait(waiting.get(queue.pk), now), online[queue.pk], free[queue.pk])
        for queue in shown
    ]


def _wait(row: dict | None, now: datetime) -> tuple[int, int]:
    if row is None:
        return 0, 0
    return row["count"], max(int((now - row["oldest"]) / timedelta(seconds=1)), 0)


def _waiting(queue_ids: list[int]) -> dict[int, dict]:
    rows = QueueEntry.objects.in_queue().filter(queue__in=queue_ids).values("queue_id")
    return {row["queue_id"]: row for row in rows.annotate(count=Count("pk"), oldest=Min("enqueued_at"))}


def _seats(queue_ids: list[int], now: datetime) -> tuple[Counter[int], Counter[int]]:
    """Agents online and free units by queue."""
    seats = {seat.user_id: seat for seat in AgentSeat.objects.present(now)}
    online: Counter[int] = Counter()
    free: Counter[int] = Counter()
    for queue_id, user_id in memberships(queues=queue_ids):
        if user_id in seats:
            online[queue_id] += 1
            free[queue_id] += seats[user_id].free_units
    return online, free


def memberships(
    codename: str = SERVE, *, queues: list[int] | None = None, users: QuerySet | None = None
) -> QuerySet:
    """Pairs (queue id, user id) of who holds ``codename`` on which queue, directly or by group, each once.

    Of ``queues`` (keys) and ``users`` (keys, as a query) only, where given.
    """
    direct = QueueUserObjectPermission.objects.filter(permission__codename=codename)
    by_group = QueueGroupObjectPermission.objects.filter(
        permission__codename=codename, group__user__isnull=False
    )
    if queues is not None:
        direct = direct.filter(content_object__in=queues)
        by_group = by_group.filter(content_object__in=queues)
    if users is not None:
        direct, by_group = direct.filter(user__in=users), by_group.filter(group__user__in=users)
    return direct.values_list("content_object_id", "user_id").union(
        by_group.values_list("content_object_id", F("group__user"))
    )


def members(queue: Queue, codename: str) -> list[int]:
    """Keys of the users who hold ``codename`` on ``queue`` themselves, not by a group."""
    held = queue.user_permissions.filter(permission__codename=codename)
    return list(held.order_by("user_id").values_list("user_id", flat=True))


def queues_with_room(now: datetime) -> list[int]:
    """Keys of the queues for which at least one agent is present with a unit free."""
    free = AgentSeat.objects.present(now).with_room(1).values("user")
    return sorted({queue_id for queue_id, _ in memberships(users=free)})
