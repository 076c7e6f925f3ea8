"""Reads of the chat: states, transcripts, lists."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import names, viewing
from apps.access.masking import without_addresses
from apps.access.models import User
from apps.access.names import Names
from apps.chat import extensions
from apps.chat.enums import ChatStatus, MessageKind, SenderKind, Side
from apps.chat.frames import Frame, message_frame
from apps.chat.models import ChatSession, Message
from apps.chat.models.session import GONE_AFTER
from apps.common.errors import NotFound
from apps.routing import selectors as routing
from apps.routing.models import QueueEntry

KIND = "chat"
LAST_WORDS = 160  # characters of what an agent sees before accepting
SECTIONS = ("mine", "waiting", "online", "offline", "gone", "closed")
PUBLIC_ID = re.compile(r"[\w-]{22}", re.ASCII)
RELATED = ("customer", "agent", "queue", "inbox")


def session_by_public_id(public_id: Any) -> ChatSession:
    """The session with its relations. Raises ``NotFound``."""
    return _named(ChatSession.objects.all(), public_id)


def visible_session(user: User, public_id: Any) -> ChatSession:
    """The session if ``user`` may read it; unknown and forbidden look the same: ``NotFound``."""
    return _named(ChatSession.objects.visible_to(user), public_id)


def _named(rows: QuerySet[ChatSession], public_id: Any) -> ChatSession:
    """What a client calls ``public_id`` may be anything; only what could be one is looked up."""
    sane = isinstance(public_id, str) and PUBLIC_ID.fullmatch(public_id)
    found = rows.select_related(*RELATED).filter(public_id=public_id) if sane else ()
    session = next(iter(found), None)
    if session is None:
        raise NotFound(_("There is no such chat."))
    return session


def last_words(session_ids: Iterable[int]) -> dict[int, str]:
    """What the customer of each session wrote last, cut to a preview; one query."""
    written = Message.objects.filter(
        session__in=session_ids, sender_kind=SenderKind.CUSTOMER, kind=MessageKind.TEXT
    )
    last = written.order_by("session", "-seq").distinct("session").values_list("session", "body")
    return {pk: body[:LAST_WORDS] for pk, body in last}


def state_frames(session: ChatSession, side: str, *, now: datetime | None = None) -> list[Frame]:
    """The ``session`` frame of one side, after what the apps above have to say (the survey, say)."""
    viewer = "visitor" if side == Side.CUSTOMER else "agent"
    return [*extensions.extra_state(session, viewer), session_frame(session, side, now=now)]


def session_frame(session: ChatSession, side: str, *, now: datetime | None = None) -> Frame:
    """State of the session as ``side`` may know it; times in seconds."""
    now = now or timezone.now()
    frame = {
        "type": "session",
        "session": session.public_id,
        "status": session.status,
        "queue": _queue_field(session),
        "agent": {"name": session.agent.actor_label} if session.agent else None,
        "close_reason": session.close_reason,
        "last_seq": session.last_seq_for(side),
        "hours": hours(session, now),
        **_offers(session),
        "reopenable": session.is_reopenable(now),
    }
    return frame if side == Side.CUSTOMER else frame | list_row(session, now)


def _queue_field(session: ChatSession) -> Frame | None:
    """Name of the queue; while waiting also the place and the expected wait as a range."""
    if session.queue is None:
        return None
    field: Frame = {"id": session.queue.pk, "name": session.queue.name}
    if session.status != ChatStatus.QUEUED:
        return field
    entry = QueueEntry.objects.of_item(KIND, session.pk).in_queue().select_related("queue").first()
    if entry is None:
        return field | {"position": None, "eta_low": None, "eta_high": None}
    position = routing.position(entry)
    eta_low, eta_high = routing.eta(session.queue, position)
    return field | {"position": position, "eta_low": eta_low, "eta_high": eta_high}


def _offers(session: ChatSession) -> Frame:
    """What the customer may do instead of waiting: the last thing offered, and all of them."""
    offers = session.offers if session.status in (ChatStatus.BOT, ChatStatus.QUEUED) else []
    return {"offer": offers[-1] if offers else None, "offers": offers}


def hours(session: ChatSession, now: datetime) -> Frame:
    """Whether humans are there for this session now, and when they will be."""
    if session.queue is None or session.status != ChatStatus.QUEUED:
        return {"open": True, "opens_at": None}
    opening = routing.opening(session.queue, now)
    return {"open": opening.open, "opens_at": opening.opens_at.isoformat() if opening.opens_at else None}


def list_row(session: ChatSession, now: datetime) -> Frame:
    """One line of an agent's list: all of it stands on the row, nothing is queried."""
    waiting_s = int((now - session.waiting_since).total_seconds()) if session.waiting_since else 0
    return {
        "id": session.public_id,
        "status": session.status,
        "customer": {
            "id": session.customer.public_id,
            "name": session.customer.actor_label,
            "level": session.customer.level,
            "presence": session.customer_presence(now),
        },
        "channel": session.channel,
        "source": session.source,
        "page_title": session.page_title,
        "product_category": session.product_category,
        "locale": session.locale,
        "agent": {"id": session.agent.pk, "name": session.agent.actor_label} if session.agent else None,
        "last_message": _last_message(session),
        "last_seq": session.last_seq,
        "marks": {"delivered": session.customer_delivered_seq, "read": session.customer_read_seq},
        "unread": session.unread_count,
        "waiting_since": session.waiting_since.isoformat() if session.waiting_since else None,
        "wait_seconds": waiting_s,
        "sla": sla_state(session, waiting_s),
        "opened_at": session.opened_at.isoformat(),
        "accepted_at": session.accepted_at.isoformat() if session.accepted_at else None,
        "closed_at": session.closed_at.isoformat() if session.closed_at else None,
        "close_reason": session.close_reason,
    }


def rest_row(session: ChatSession, now: datetime) -> Frame:
    """A list row with its queue's name, for REST and welcome."""
    queue = {"id": session.queue.pk, "name": session.queue.name} if session.queue else None
    return {"session": session.public_id, "queue": queue, **list_row(session, now)}


def _last_message(session: ChatSession) -> Frame | None:
    if session.last_message_at is None:
        return None
    return {
        "kind": session.last_kind,
        "preview": session.last_preview,
        "sender_kind": session.last_sender_kind,
        "at": session.last_message_at.isoformat(),
    }


def sla_state(session: ChatSession, waiting_s: int) -> str:
    """``ok``, ``warn`` past half of the response target, ``breach`` past it; only a waiting human counts."""
    if session.status not in (ChatStatus.QUEUED, ChatStatus.ACTIVE) or session.waiting_since is None:
        return "ok"
    target = settings.CHAT_RESPONSE_TARGET_S
    if waiting_s >= target:
        return "breach"
    return "warn" if waiting_s >= target / 2 else "ok"


def rows_after(session_pk: int, side: str, seq: int, *, limit: int) -> list[Message]:
    """Up to ``limit`` messages after ``seq`` that ``side`` may see, in order."""
    return list(Message.objects.filter(session=session_pk).for_side(side).after(seq)[:limit])


def rows_beyond(cursors: Mapping[int, int], side: str) -> dict[int, list[Message]]:
    """All messages after the cursor of each session that ``side`` may see, by session and in order; one query."""
    found: dict[int, list[Message]] = {pk: [] for pk in cursors}
    asked = reduce(or_, (Q(session=pk, seq__gt=seq) for pk, seq in cursors.items()), Q(pk__in=[]))
    for row in Message.objects.for_side(side).filter(asked).order_by("session", "seq"):
        found[row.session_id].append(row)
    return found


def as_frames(public_id: str, side: str, rows: Iterable[Message]) -> list[Frame]:
    """Message frames for one side: its ``prev`` is the one before that this side may see."""
    frames = [message_frame(row, public_id) for row in rows]
    if viewing.is_masked():
        frames = [without_addresses(frame) for frame in frames]
    if side == Side.AGENT:
        for frame in frames:
            frame["prev"] = frame["seq"] - 1
    return frames


def sessions_in(
    user: User, section: str, *, search: str = "", now: datetime | None = None
) -> QuerySet[ChatSession]:
    """The sessions of one section of ``user``'s list, unordered. Unknown sections are empty."""
    now = now or timezone.now()
    rows = ChatSession.objects.visible_to(user).select_related(*RELATED)
    rows = rows.filter(_section_filter(user, section, now)) if section else rows
    search = search.replace("\x00", "").strip()
    return rows.filter(_searched(search)) if search else rows


def _searched(text: str) -> Q:
    """Whoever sees masks finds by what they know whole: no part of a masked field, nor of the last line."""
    if viewing.is_masked():
        return Q(customer__name__iexact=text) | Q(customer__email__iexact=text) | Q(public_id=text)
    found = Q(customer__name__icontains=text) | Q(customer__email__icontains=text)
    return found | Q(last_preview__icontains=text) | Q(public_id=text)


def _section_filter(user: User, section: str, now: datetime) -> Q:
    live = ~Q(status=ChatStatus.CLOSED)
    here = Q(customer_online=True, customer_lease_until__gt=now)
    gone = Q(customer_lease_until=None) | Q(customer_lease_until__lte=now - GONE_AFTER)
    filters = {
        "mine": Q(agent=user, status__in=[ChatStatus.ACTIVE, ChatStatus.WRAP_UP]),
        "waiting": Q(status=ChatStatus.QUEUED),
        "online": live & here,
        "offline": live & ~here & ~gone,
        "gone": live & gone,
        "closed": Q(status=ChatStatus.CLOSED),
    }
    return filters.get(section, Q(pk=None))


def names_in(session_pk: int) -> Names:
    """What the customer of a chat is called, by themselves and on their orders."""
    whose = ChatSession.objects.filter(pk=session_pk).values_list("customer_id", flat=True)
    return names.of_customers(list(whose))


def undelivered_of(session: ChatSession, side: str) -> int:
    """The seq up to which the server gave up on ``side``; 0 when all is delivered or still on its way."""
    delivered, _read, undelivered = session.marks(side)
    return undelivered if undelivered > delivered else 0
