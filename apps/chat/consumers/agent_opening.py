"""What an agent's hello leads to. Sync: runs where the ORM may."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone, translation

from apps.access.models import User
from apps.access.preferences import known_locale
from apps.chat import selectors
from apps.chat.consumers import agent_reads as reads
from apps.chat.consumers.following_reads import Page, cursor_of, first_pages
from apps.chat.consumers.hub import Hub
from apps.chat.consumers.looks import Look, Pass, look
from apps.chat.enums import Side
from apps.chat.frames import Frame
from apps.chat.models import ChatSession

NOW = "now"


@dataclass(frozen=True)
class Opening:
    """All that somebody is shown first; nothing but the look where that does not admit them."""

    rung: int  # bells of the process before it was read
    look: Look
    starts: list[tuple[ChatSession, int]] = field(default_factory=list)  # with the client's cursors
    pages: dict[int, Page] = field(default_factory=dict)  # the first that it has not seen, by session
    rows: list[Frame] = field(default_factory=list)
    me: Frame = field(default_factory=dict)
    queues: frozenset[int] = frozenset()
    offers: list[Frame] = field(default_factory=list)


def open_desk(shown: Pass, cursors: Any, hub: Hub) -> Opening:
    """Read at one go, and by one look: to ask anew for each part who may do what took as long again.

    Raises ``Invalid`` for cursors that are none.
    """
    rung, found = hub.rung, look([shown])[0]
    if found.user is None or not found.admits:
        return Opening(rung, found)
    with translation.override(known_locale(found.user.locale)):
        return _opening(rung, found, found.user, shown, cursors)


def _opening(rung: int, found: Look, user: User, shown: Pass, cursors: Any) -> Opening:
    reads.renew_lease(user, shown)
    sessions = reads.followed(found)
    starts = [(session, _start_of(cursors, session)) for session in sessions]
    reads.note_opened(user, *sessions)
    now = timezone.now()
    return Opening(
        rung,
        found,
        starts,
        first_pages(starts, Side.AGENT),
        [selectors.rest_row(session, now) for session in sessions],
        {"id": user.pk, "name": user.actor_label, "presence": reads.presence(user)},
        reads.visible_queues(user, shown, standing=found.standing),
        reads.offers(user, shown, masked=found.masked, standing=found.standing) if found.offers else [],
    )


def _start_of(cursors: Any, session: ChatSession) -> int:
    """From where the client wants ``session``; "now" is for pages that show no transcript but hear of news."""
    return session.last_seq if cursors == NOW else cursor_of(cursors, session)
