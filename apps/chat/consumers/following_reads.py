"""What a connection that follows sessions reads of them. Sync: runs where the ORM may."""

from dataclasses import dataclass

from apps.chat import selectors
from apps.chat.consumers.hub import Head
from apps.chat.frames import Frame
from apps.chat.models import ChatSession

PAGE = 200


@dataclass(frozen=True)
class Page:
    """Frames with their senders, in order of seq."""

    rows: list[tuple[Frame, tuple[str, int | None]]]
    has_more: bool


def page_after(session_pk: int, side: str, seq: int) -> Page:
    session = ChatSession.objects.only("pk", "public_id").get(pk=session_pk)
    messages = selectors.rows_after(session, side, seq, limit=PAGE + 1)
    frames = selectors.as_frames(session, side, messages[:PAGE])
    senders = [(row.sender_kind, row.sender_id) for row in messages[:PAGE]]
    return Page(list(zip(frames, senders, strict=True)), len(messages) > PAGE)


@dataclass(frozen=True)
class State:
    frames: list[Frame]
    head: Head


def load_state(session_pk: int, side: str) -> State:
    session = ChatSession.objects.select_related(*selectors.RELATED).get(pk=session_pk)
    return State(selectors.state_frames(session, side), Head.of(session))
