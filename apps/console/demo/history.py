"""A few finished chats, so that lists and figures have something to show. Played through the real services."""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.chat import services as chat
from apps.chat.models import ChatSession
from apps.chat.selectors import KIND
from apps.console.demo import fixtures
from apps.customers.models import Customer
from apps.inboxes.models import Inbox
from apps.routing import services as routing
from apps.surveys import services as surveys

PACE = timedelta(seconds=40)  # between two lines
WAIT_S = 16  # for the agent


def load_history(*, now: datetime | None = None) -> int:
    """Play the chats of ``fixtures/demo/chats.json`` once; returns how many were played."""
    now = now or timezone.now()
    inbox = Inbox.objects.get(slug=fixtures.read("desk")["inbox"]["slug"])
    if ChatSession.objects.filter(inbox=inbox).exists():
        return 0
    stories = fixtures.read("chats")
    for number, story in enumerate(sorted(stories, key=lambda s: -s["hours_ago"])):
        play(story, inbox, number, now - timedelta(hours=story["hours_ago"]))
    return len(stories)


@transaction.atomic
def play(story: dict[str, Any], inbox: Inbox, number: int, at: datetime) -> None:
    """One chat from its first line at ``at`` to its rating; ``number`` makes its messages its own."""
    customer = Customer.objects.filter(email=story["customer"]).get()
    agent = User.objects.get(username=story["agent"])
    session = opened(story, inbox, customer, at)
    say(session, customer, story["lines"][0][1], f"{number}:0", at)
    chat.hand_off(session, actor=customer, reason="asked", now=at + PACE)
    wait = timedelta(seconds=story.get("wait_s", WAIT_S))
    routing.claim(KIND, session.pk, actor=agent, now=at + PACE + wait)
    session.refresh_from_db()
    for place, (who, text) in enumerate(story["lines"][1:], start=1):
        say(session, agent if who == "a" else customer, text, f"{number}:{place}", at + (2 + place) * PACE)
    _finish(session, story, customer, agent, at + (4 + len(story["lines"])) * PACE)


def opened(story: dict[str, Any], inbox: Inbox, customer: Customer, at: datetime) -> ChatSession:
    """The session of a customer who was there then and is not now."""
    return ChatSession.objects.create(
        inbox=inbox,
        customer=customer,
        channel=inbox.channel,
        source=story["source"],
        product_category=story["product_category"],
        locale=story["locale"],
        opened_at=at,
        customer_lease_until=at + timedelta(minutes=5),
    )


def say(session: ChatSession, actor: Any, text: str, name: str, at: datetime) -> None:
    """A line at a time of the past; the same ``name`` is the same line."""
    chat.post_message(session, actor=actor, ref=uuid5(NAMESPACE_URL, f"demo:{name}"), body=text, now=at)


def _finish(
    session: ChatSession, story: dict[str, Any], customer: Customer, agent: User, at: datetime
) -> None:
    by_rule = story["reason"] == "customer_silent"
    ended = chat.close_session(session, actor=SYSTEM if by_rule else agent, reason=story["reason"], now=at)
    chat.record_read(session, actor=agent, seq=len(story["lines"]))
    chat.record_read(session, actor=customer, seq=ended.last_public_seq)
    if story["score"]:
        surveys.answer_survey(
            session, score=story["score"], comment=story["comment"], actor=customer, now=at + PACE
        )
