"""What the console's parts show, gathered from the apps below."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.access.models import User
from apps.chat import selectors as chat
from apps.chat.enums import MessageKind, SenderKind, Side
from apps.chat.models import ChatSession, Message
from apps.console.choices import METHODS, ROUTING_STEPS
from apps.console.rule_words import rule_words
from apps.knowledge import selectors as knowledge
from apps.knowledge.matching.text import detect_language
from apps.knowledge.selectors import FaqHit
from apps.routing import selectors as routing
from apps.routing.models import AgentSeat, Queue, QueueEntry
from apps.routing.selectors import QueueFigures

SUGGESTIONS = 4
SURE = 0.5  # chance of the first hit from which no other reading is tried
PREVIOUS = 6
TRANSCRIPT = 200  # messages on a page of a read-only transcript


def customers_words(session: ChatSession) -> list[str]:
    """What the customer wants, in the order of trying: the last message, it with the one before, the one before."""
    written = Message.objects.filter(session=session, sender_kind=SenderKind.CUSTOMER, kind=MessageKind.TEXT)
    last = list(written.order_by("-seq").values_list("body", flat=True)[:2])
    return last if len(last) < 2 else [last[0], f"{last[1]}\n{last[0]}", last[1]]


def suggested_faqs(session: ChatSession, query: str = "") -> list[FaqHit]:
    """FAQs for ``query``, else for what the customer wrote last; empty without words.

    A last message that says little by itself ("and for sale items?") is read with the one before.
    """
    best: list[FaqHit] = []
    for text in [query.strip()] if query.strip() else customers_words(session):
        lang = detect_language(text) or ("zh-hans" if session.locale.startswith("zh") else "en")
        hits = knowledge.search_faqs(text[:1000], lang=lang, limit=SUGGESTIONS)
        if hits and (not best or hits[0].score > best[0].score):
            best = hits
        if best and best[0].score >= SURE:
            break
    return best


def previous_chats(user: User, session: ChatSession) -> QuerySet[ChatSession]:
    """Other chats of the customer that ``user`` may read, newest first."""
    others = ChatSession.objects.visible_to(user).filter(customer=session.customer_id).exclude(pk=session.pk)
    return others.select_related("agent", "queue").order_by("-pk")[:PREVIOUS]


@dataclass(frozen=True)
class Line:
    """One line of a read-only transcript, as the message log on the page has it."""

    frame: dict[str, Any]
    side: str  # own | other | note | event
    first: bool
    last: bool
    at: datetime
    new_day: bool


def transcript(session: ChatSession) -> list[Line]:
    """The last messages of a chat in order, grouped by sender and minute."""
    frames = chat.messages_before(session, Side.AGENT, None, limit=TRANSCRIPT).frames
    frames = [frame for frame in frames if frame["kind"] != MessageKind.RECALL]
    runs = [_run(frame) for frame in frames]
    lines = []
    for index, frame in enumerate(frames):
        before = runs[index - 1] if index else None
        after = runs[index + 1] if index + 1 < len(runs) else None
        at = datetime.fromisoformat(frame["at"])
        new_day = before is None or before[2].date() != at.date()
        lines.append(
            Line(
                frame, _side(frame), runs[index][:3] != (before or ())[:3], runs[index] != after, at, new_day
            )
        )
    return lines


def _run(frame: dict[str, Any]) -> tuple[str, str, datetime]:
    minute = datetime.fromisoformat(frame["at"]).replace(second=0, microsecond=0)
    return _side(frame), frame["sender"]["name"], minute


def _side(frame: dict[str, Any]) -> str:
    if frame["kind"] == MessageKind.EVENT:
        return "note" if frame["payload"].get("event") == "note" else "event"
    if frame["kind"] == MessageKind.NOTE:
        return "note"
    return "other" if frame["sender"]["kind"] == SenderKind.CUSTOMER else "own"


@dataclass(frozen=True)
class Targets:
    """Where a chat can be transferred, with the load of each."""

    queues: list[QueueFigures] = field(default_factory=list)
    seats: list[AgentSeat] = field(default_factory=list)


def transfer_targets(user: User, session: ChatSession, *, now: datetime) -> Targets:
    """All queues but the chat's own, and colleagues who are online now, those with room first."""
    board = routing.queue_board(
        user, now=now, queues=Queue.objects.exclude(pk=session.queue_id or 0).order_by("name")
    )
    seats = (
        AgentSeat.objects.visible_to(user).present(now).select_related("user").exclude(user=session.agent_id)
    )
    return Targets(board, sorted(seats, key=lambda seat: (-seat.free_units, seat.user.actor_label)))


@dataclass(frozen=True)
class Step:
    """One line of why a chat is where it is."""

    at: datetime
    text: str
    reasons: list[str]


def routing_trace(session: ChatSession) -> list[Step]:
    """Why the chat is in its queue and with its agent, in order of time; two queries. Empty: never routed."""
    entry = QueueEntry.objects.of_item(chat.KIND, session.pk).order_by("-pk").first()
    if entry is None:
        return []
    agents = User.objects.in_bulk({step["agent"] for step in entry.trace if step.get("agent")})
    return [_step(step, agents) for step in entry.trace]


def _step(step: dict[str, Any], agents: dict[int, User]) -> Step:
    agent = agents.get(step.get("agent", 0))
    words = ROUTING_STEPS.get(step["step"], step["step"])
    text = str(words) % {"agent": agent.actor_label if agent else "?"}
    return Step(datetime.fromisoformat(step["at"]), text, _reasons(step.get("why")))


def _reasons(why: Any) -> list[str]:
    """The rules that were tried, or the method that chose the agent with its load then."""
    if isinstance(why, list):
        return [rule_words(str(line)) for line in why]
    if not isinstance(why, dict):
        return []
    method = str(METHODS.get(why.get("method", ""), why.get("method", "")))
    return [f"{method} ({why.get('used')}/{why.get('max')})"]
