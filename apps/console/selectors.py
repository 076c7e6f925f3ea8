"""What the console's parts show, gathered from the apps below."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.access.models import User
from apps.chat import history
from apps.chat import selectors as chat
from apps.chat.enums import MessageKind, SenderKind, Side
from apps.chat.models import ChatSession, Message
from apps.chat.takers import takers
from apps.console.choices import METHODS, ROUTING_STEPS
from apps.console.rule_words import rule_words
from apps.knowledge import selectors as knowledge
from apps.knowledge.selectors import Suggestion
from apps.routing import selectors as routing
from apps.routing.enums import OverflowAction
from apps.routing.models import AgentSeat, Queue, QueueEntry
from apps.routing.selectors import QueueFigures

SUGGESTIONS = 5
PREVIOUS = 6
TRANSCRIPT = 200  # messages on a page of a read-only transcript


def customers_words(session: ChatSession) -> list[str]:
    """What the customer wrote last, oldest first."""
    written = Message.objects.filter(
        session=session, sender_kind=SenderKind.CUSTOMER, kind=MessageKind.TEXT, recalled_by=None
    )
    last = written.order_by("-seq").values_list("body", flat=True)[: knowledge.TURNS]
    return list(last)[::-1]


def suggestions(session: ChatSession, query: str = "") -> list[Suggestion]:
    """Answers and SOPs for ``query``, else for what the customer wrote last; empty without words."""
    turns = [query] if query.strip() else customers_words(session)
    queue = session.queue.slug if session.queue else None
    lang = "zh-hans" if session.locale.startswith("zh") else "en"
    return knowledge.suggest(turns, lang=lang, limit=SUGGESTIONS, queue=queue)


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
    frames = history.messages_before(session, Side.AGENT, None, limit=TRANSCRIPT).frames
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
    """All queues but the chat's own, and colleagues who are online now and may take it, those with room first."""
    board = routing.queue_board(
        user, now=now, queues=Queue.objects.exclude(pk=session.queue_id or 0).order_by("name")
    )
    seats = (
        AgentSeat.objects.visible_to(user).present(now).select_related("user").exclude(user=session.agent_id)
    )
    able = takers(session, [seat.user for seat in seats])
    seats = [seat for seat in seats if seat.user_id in able]
    return Targets(board, sorted(seats, key=lambda seat: (-seat.free_units, seat.user.actor_label)))


OVERFLOWS = dict(OverflowAction.choices)


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
    action = OVERFLOWS.get(step.get("action", ""), "")
    text = str(words) % {"agent": agent.actor_label if agent else "?", "action": action}
    return Step(datetime.fromisoformat(step["at"]), text, _reasons(step.get("why")))


def _reasons(why: Any) -> list[str]:
    """The rules that were tried, or the method that chose the agent with its load then."""
    if isinstance(why, list):
        return [rule_words(str(line)) for line in why]
    if not isinstance(why, dict):
        return []
    method = str(METHODS.get(why.get("method", ""), why.get("method", "")))
    return [f"{method} ({why.get('used')}/{why.get('max')})", *_skill_words(why)]


def _skill_words(why: dict[str, Any]) -> list[str]:
    """Whether the agent has what was asked for, or why somebody without it was asked."""
    if not why.get("skills"):
        return []
    if not why.get("missing_skills"):
        return [_("has the skills: %(skills)s") % {"skills": ", ".join(why["skills"])}]
    values = {"skills": ", ".join(why["missing_skills"]), "seconds": why.get("held_seconds")}
    return [_("lacks %(skills)s: nobody who has it was free within %(seconds)s s") % values]
