"""What a connection that follows sessions reads of them. Sync: runs where the ORM may."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.chat import selectors, services
from apps.chat.consumers.heads import Head
from apps.chat.consumers.hub import Hub
from apps.chat.consumers.tail import Tail
from apps.chat.enums import Side
from apps.chat.frames import Frame
from apps.chat.models import ChatSession, Message
from apps.common.errors import Invalid

PAGE = 200
AT_ONCE = 500  # lines of several sessions; of one, as many as are ever replayed


@dataclass(frozen=True)
class Page:
    """Frames with their senders, in order of seq."""

    rows: list[tuple[Frame, tuple[str, int | None]]]
    has_more: bool


def page_after(chat: ChatSession | Tail, side: str, seq: int) -> Page:
    messages = selectors.rows_after(chat.pk, side, seq, limit=PAGE + 1)
    return _page(chat, side, messages[:PAGE], has_more=len(messages) > PAGE)


def _page(chat: ChatSession | Tail, side: str, messages: list[Message], *, has_more: bool = False) -> Page:
    frames = selectors.as_frames(chat.public_id, side, messages)
    senders = [(row.sender_kind, row.sender_id) for row in messages]
    return Page(list(zip(frames, senders, strict=True)), has_more)


def first_pages(starts: Iterable[tuple[ChatSession, int]], side: str) -> dict[int, Page]:
    """All that is after a cursor in each session, in one query; where nothing is, in none.

    Sessions with too much for the rest of ``AT_ONCE`` are missing: theirs is read page by page.
    """
    pages: dict[int, Page] = {}
    unseen: dict[ChatSession, int] = {}
    room = AT_ONCE
    for session, cursor in starts:
        missing = session.last_seq_for(side) - max(0, cursor)
        if missing <= 0:
            pages[session.pk] = Page([], False)
        elif missing <= room:
            room, unseen[session] = room - missing, max(0, cursor)
    rows = selectors.rows_beyond({session.pk: seq for session, seq in unseen.items()}, side)
    return pages | {session.pk: _page(session, side, rows[session.pk]) for session in unseen}


@dataclass(frozen=True)
class Opening:
    """What a visitor's hello leads to, read at one go."""

    session: ChatSession
    cursor: int
    page: Page  # the first that it has not seen
    states: list[Frame]
    rung: int  # bells of the process before it was read


def open_chat(token: str, cursors: Any, hub: Hub) -> Opening | None:
    """None for a token that opens nothing. Raises ``Invalid`` for cursors that are none."""
    rung = hub.rung
    session = services.session_of_token(token)
    if session is None:
        return None
    cursor = cursor_of(cursors, session)
    unseen = cursor < session.last_public_seq
    page = page_after(session, Side.CUSTOMER, max(0, cursor)) if unseen else Page([], False)
    return Opening(session, cursor, page, selectors.state_frames(session, Side.CUSTOMER), rung)


def cursor_of(cursors: Any, session: ChatSession) -> int:
    """The client's last seq of ``session``; 0 when it names none. Raises ``Invalid`` for anything but a number."""
    if cursors is None:
        return 0
    value = cursors.get(session.public_id, 0) if isinstance(cursors, dict) else None
    if type(value) is not int:
        raise Invalid("`cursors` maps session ids to the last seq that you have.")
    return value


@dataclass(frozen=True)
class State:
    frames: list[Frame]
    head: Head


def load_state(session_pk: int, side: str) -> State:
    session = ChatSession.objects.select_related(*selectors.RELATED).get(pk=session_pk)
    return State(selectors.state_frames(session, side), Head.of(session))
