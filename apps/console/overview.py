from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from apps.access.models import User
from apps.access.preferences import zone_of
from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession
from apps.routing.models import AgentSeat
from apps.routing.selectors import QueueFigures, queue_board
from apps.surveys.models import Survey
from apps.surveys.selectors import RatingFigures, rating_figures

RATING_DAYS = 7


@dataclass(frozen=True)
class Overview:
    """What a manager sees first: the chats and queues that they may see, as of now."""

    chats_today: int  # opened since midnight in the manager's zone
    open_now: int  # of all days, not yet closed
    robot_answered: int  # of today's: ended without a human having been asked for
    ended_today: int  # of today's
    waiting: int
    longest_wait: timedelta
    agents_online: int
    ratings: RatingFigures  # of the last ``RATING_DAYS``
    queues: list[QueueFigures]

    @property
    def robot_percent(self) -> int | None:
        """Share of today's ended chats that the robot answered alone; None before one has ended."""
        return round(100 * self.robot_answered / self.ended_today) if self.ended_today else None


def overview(user: User, *, now: datetime | None = None) -> Overview:
    """Figures for ``user`` at ``now``, in a number of queries that does not grow."""
    now = now or timezone.now()
    midnight = now.astimezone(zone_of(user)).replace(hour=0, minute=0, second=0, microsecond=0)
    queues = queue_board(user, now=now)
    surveys = Survey.objects.visible_to(user)
    return Overview(
        **_chats(user, midnight),
        waiting=sum(line.waiting for line in queues),
        longest_wait=timedelta(seconds=max((line.longest_wait_s for line in queues), default=0)),
        agents_online=AgentSeat.objects.visible_to(user).present(now).count(),
        ratings=rating_figures(surveys, since=now - timedelta(days=RATING_DAYS)),
        queues=queues,
    )


def _chats(user: User, midnight: datetime) -> dict[str, int]:
    today, closed = Q(opened_at__gte=midnight), Q(status=ChatStatus.CLOSED)
    by_robot = Q(queued_at=None, agent=None, answered_at__isnull=False)
    rows = ChatSession.objects.visible_to(user).filter(today | ~closed)
    return rows.aggregate(
        chats_today=Count("pk", filter=today),
        open_now=Count("pk", filter=~closed),
        ended_today=Count("pk", filter=today & closed),
        robot_answered=Count("pk", filter=today & closed & by_robot),
    )
