"""What the console's parts show, gathered from the apps below."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from apps.access.models import User
from apps.chat import selectors as chat
from apps.chat.enums import MessageKind, SenderKind, Side
from apps.chat.models import ChatSession, Message
from apps.knowledge import selectors as knowledge
from apps.knowledge.matching.text import detect_language
from apps.knowledge.selectors import FaqHit
from apps.routing import selectors as routing
from apps.routing.models import AgentSeat, Queue, QueueEntry
from apps.routing.selectors import QueueFigures

SUGGESTIONS = 4
SHORT = 25  # characters; a shorter message is read together with the one before
PREVIOUS = 6
TRANSCRIPT = 200  # messages on a page of a read-only transcript


def customers_words(session: ChatSession) -> str:
    """What the customer wants: the last message, with those before it while they are short."""
    written = Message.objects.filter(session=session, sender_kind=SenderKind.CUSTOMER, kind=MessageKind.TEXT)
    words = ""
    for body in written.order_by("-seq").values_list("body", flat=True)[:3]:
        words = f"{body}\n{words}".strip()
        if len(words) >= SHORT:
            break
    return words


def suggested_faqs(session: ChatSession, query: str = "") -> list[FaqHit]:
    """FAQs for ``query``, else for what the customer wrote; in the language of those words. Empty without words."""
    text = query.strip() or customers_words(session)
    if not text:
        return []
    lang = detect_language(text) or ("zh-hans" if session.locale.startswith("zh") else "en")
    return knowledge.search_faqs(text[:1000], lang=lang, limit=SUGGESTIONS)


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
        user, now=now, queues=Queue.objects.exclude(pk=session.queue_id).order_by("name")
    )
    seats = (
        AgentSeat.objects.visible_to(user).present(now).select_related("user").exclude(user=session.agent_id)
    )
    return Targets(board, sorted(seats, key=lambda seat: (-seat.free_units, seat.user.actor_label)))


def routing_trace(session: ChatSession) -> list[str | dict[str, Any]]:
    """Why the chat is where it is: rule lines (text) and steps (``{"at", "step", …}``) in order of time."""
    entry = QueueEntry.objects.of_item(chat.KIND, session.pk).order_by("-pk").first()
    if entry is None:
        return []
    return [_with_time(step) for step in entry.trace]


def _with_time(step: Any) -> Any:
    if isinstance(step, dict) and isinstance(step.get("at"), str):
        return step | {"at": datetime.fromisoformat(step["at"])}
    return step
