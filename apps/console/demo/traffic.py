"""A week of short chats, so that board and dashboard have something to count. Played through the real services."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

from django.db import transaction
from django.db.models import Max, Min
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.chat import services as chat
from apps.console.demo import fixtures, history
from apps.customers.models import Customer
from apps.inboxes.models import Inbox
from apps.routing import services as routing
from apps.routing.enums import Intent
from apps.routing.figures import day_start, desk_zone
from apps.routing.models import Assignment

FIRST = 1000  # numbers of these chats, apart from those of the told stories
BUSY = timedelta(hours=14)  # of a day, counted back from its end
AROUND = timedelta(minutes=15)  # before an agent's first chat of a day, and after the last
GAP = timedelta(minutes=12)  # before now: the last of today is over


def load_traffic(*, now: datetime | None = None) -> int:
    """Play the chats of a week; returns how many. Call it once: it does not look for earlier ones."""
    now = now or timezone.now()
    plan = fixtures.read("traffic")
    inbox = Inbox.objects.get(slug=fixtures.read("desk")["inbox"]["slug"])
    count = 0
    for count, (at, story) in enumerate(stories(plan, now), start=1):
        play = history.play if count % plan["gave_up_every"] else _give_up
        play(story, inbox, FIRST + count, at)
    _shifts(now)
    return count


def _shifts(now: datetime) -> None:
    """Whoever had chats on a day was online around them; occupancy is measured against that."""
    day = TruncDate("started_at", tzinfo=desk_zone())
    worked = Assignment.objects.filter(ended_at__isnull=False).values("agent", day=day)
    for row in worked.annotate(first=Min("started_at"), last=Max("ended_at")).order_by("first"):
        agent = User.objects.get(pk=row["agent"])
        ends = min(row["last"] + AROUND, now)
        routing.set_presence(agent, state=Intent.ONLINE, actor=agent, now=row["first"] - AROUND)
        routing.set_presence(agent, state=Intent.OFFLINE, actor=agent, now=ends)


def stories(plan: dict[str, Any], now: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """When each chat begins, and how it goes; oldest day first."""
    talks, waits, scores = (cycle(plan[name]) for name in ("talks", "waits", "scores"))
    customers = {locale: cycle(_customers(locale)) for locale in ("en", "zh-hans")}
    for at in _times(plan["days"], now):
        talk, score = next(talks), next(scores)
        agents = talk["agents"]
        yield (
            at,
            {
                **talk,
                "agent": agents[at.minute % len(agents)],
                "customer": next(customers[talk["locale"]]),
                "lines": list(zip("ca", talk["lines"], strict=True)),
                "wait_s": next(waits),
                "score": score,
                "comment": "",
                "reason": "resolved",
            },
        )


def _customers(locale: str) -> list[str]:
    known = Customer.objects.filter(locale=locale, email__endswith="@mail.example").order_by("email")
    return list(known.values_list("email", flat=True))


def _times(days: list[int], now: datetime) -> Iterator[datetime]:
    """``days[n]`` instants on the day ``n`` days ago, evenly over its busy hours; ascending."""
    midnight = day_start(now, desk_zone())
    for ago in reversed(range(len(days))):
        end = min(midnight - timedelta(days=ago - 1), now - GAP)
        length = min(BUSY, max(end - (midnight - timedelta(days=ago)), timedelta(0)))
        for n in range(days[ago]):
            yield end - length + length * (n + 1) / (days[ago] + 1)


@transaction.atomic
def _give_up(story: dict[str, Any], inbox: Inbox, number: int, at: datetime) -> None:
    """A customer who asked for a human, and left before one came."""
    customer = Customer.objects.get(email=story["customer"])
    session = history.opened(story, inbox, customer, at)
    history.say(session, customer, story["lines"][0][1], f"{number}:0", at)
    chat.hand_off(session, actor=customer, reason="asked", now=at + timedelta(seconds=20))
    left = at + timedelta(seconds=200)
    chat.close_session(session, actor=SYSTEM, reason="queue_abandoned", now=left)
