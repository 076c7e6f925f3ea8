"""What an agent's socket asks the database; sync functions for ``run_db``."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import prefetch_related_objects
from django.utils import timezone

from apps.access import services as access
from apps.access import vendors
from apps.access.models import User
from apps.access.signin.scopes import within
from apps.access.signin.sessions import user_behind
from apps.access.viewing import SEE_PERSONAL_DATA
from apps.audit import services as audit
from apps.chat import selectors
from apps.chat.frames import Frame
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.routing import selectors as routing
from apps.routing.models import AgentSeat, Offer, Queue

VIEWER_LIFE_S = 90


@dataclass(frozen=True)
class Pass:
    """What somebody showed at the door; looked at again for as long as they stay."""

    token: str = ""
    session_key: str = ""
    ip: str | None = None  # from where

    def user_of_session(self) -> User | None:
        """Whom the cookie names at this moment: None once it is over, signed out, or its user inactive."""
        return user_behind(self.session_key)

    def situation(self, user: User) -> dict[str, Any]:
        """What conditions may ask about this socket, whenever it is looked at."""
        mfa = bool((user.facts or {}).get("mfa", False))
        return {"acs:sourceip": self.ip, "acs:mfapresent": mfa, "helpdesk:source": "socket"}


@dataclass(frozen=True)
class Look:
    """All that a sweep compares an agent's socket with."""

    user: User | None  # None: signed out, revoked, expired or inactive
    held: frozenset[str] = frozenset()  # actions; none while a partner's person is kept out
    masked: bool = False
    followed: frozenset[int] = frozenset()  # sessions
    offers: frozenset[str] = frozenset()


def look(passes: Sequence[Pass]) -> list[Look]:
    """Whom the passes name at this moment, what they may do, and what is theirs: a few queries for all of them."""
    by_token = access.users_of_tokens(shown.token for shown in passes if shown.token)
    users = [by_token.get(shown.token) if shown.token else shown.user_of_session() for shown in passes]
    people = {user.pk: user for user in users if user is not None}
    prefetch_related_objects([user for user in users if user is not None and user.vendor_id], "vendor")
    held, followed, offers = _held(passes, users), defaultdict(set), defaultdict(set)
    for user_pk, session_pk in ChatSession.objects.followings(people):
        followed[user_pk].add(session_pk)
    for user_pk, offer in routing.pending_offers_of(people, kind=selectors.KIND):
        offers[user_pk].add(offer)
    return [
        _look(user, shown, held[at], followed, offers) if user else Look(None)
        for at, (user, shown) in enumerate(zip(users, passes, strict=True))
    ]


ASKED = (*ChatAction, SEE_PERSONAL_DATA)


def _held(passes: Sequence[Pass], users: Sequence[User | None]) -> dict[int, frozenset[str]]:
    """What the decision function allows whoever is behind each pass, there and as they signed in; by position."""
    known = {at: user for at, user in enumerate(users) if user is not None}
    callers = [(user, passes[at].situation(user)) for at, user in known.items()]
    return dict(zip(known, access.held_by_each(callers, ASKED), strict=True))


def _look(user: User, shown: Pass, held: frozenset[str], followed: dict, offers: dict) -> Look:
    masked = user.vendor_id is not None or not (user.is_superuser or SEE_PERSONAL_DATA in held)
    held = frozenset(ChatAction) if user.is_superuser else held & frozenset(ChatAction)
    if vendors.refuses(user, now=timezone.now(), ip=shown.ip):
        held = frozenset()
    held = within(user, held)
    return Look(user, held, masked, frozenset(followed[user.pk]), frozenset(offers[user.pk]))


def visible_queues(user: User) -> frozenset[int]:
    """The queues whose figures the user may see."""
    return frozenset(Queue.objects.visible_to(user).values_list("pk", flat=True))


def followed(user: User) -> list[ChatSession]:
    """The live chats of the user, oldest first."""
    return list(ChatSession.objects.followed_by(user).select_related(*selectors.RELATED).order_by("pk"))


def followed_one(user: User, session_pk: int) -> ChatSession | None:
    rows = ChatSession.objects.followed_by(user).select_related(*selectors.RELATED)
    return rows.filter(pk=session_pk).first()


def is_followed(user: User, session_pk: int) -> bool:
    return ChatSession.objects.followed_by(user).filter(pk=session_pk).exists()


def welcome(user: User) -> tuple[list[Frame], Frame]:
    """The rows of the user's chats as they are after subscribing, and who the user is."""
    now = timezone.now()
    rows = [selectors.rest_row(session, now) for session in followed(user)]
    return rows, {"id": user.pk, "name": user.actor_label, "presence": presence(user)}


def presence(user: User) -> Frame:
    """State, reason and load of the user's seat."""
    seat = AgentSeat.objects.filter(user=user).first()
    if seat is None:
        return {"state": "offline", "reason": "", "used": 0, "max": 0}
    return {"state": seat.intent, "reason": seat.reason, "used": seat.used_units, "max": seat.max_units}


def offers(user: User) -> list[Frame]:
    """Frames of the chats that the user is being asked to take."""
    pending = [offer for offer in routing.pending_offers(user) if offer.entry.kind == selectors.KIND]
    ids = [offer.entry.item_id for offer in pending]
    sessions = ChatSession.objects.select_related("customer").in_bulk(ids)
    asked = selectors.last_words(ids)
    return [
        _offer_frame(offer, sessions[pk], asked.get(pk, ""))
        for offer, pk in zip(pending, ids, strict=True)
        if pk in sessions
    ]


def _offer_frame(offer: Offer, session: ChatSession, asked: str) -> Frame:
    return {
        "type": "offer",
        "offer": offer.public_id,
        "session": session.public_id,
        "queue": {"id": offer.entry.queue.pk, "name": offer.entry.queue.name},
        "expires_at": offer.expires_at.isoformat(),
        "why": offer.why,
        "customer": {"name": session.customer.actor_label, "level": session.customer.level},
        "preview": asked or session.last_preview,
        "waiting_since": offer.entry.enqueued_at.isoformat(),
    }


def offer_outcome(offer_id: str) -> str:
    return Offer.objects.filter(public_id=offer_id).values_list("state", flat=True).first() or "withdrawn"


def board() -> list[Frame]:
    """A ``queue`` frame for each queue there is."""
    return [
        {
            "type": "queue",
            "queue": {"id": figures.queue.pk, "name": figures.queue.name, "slug": figures.queue.slug},
            "waiting": figures.waiting,
            "longest_wait": figures.longest_wait_s,
            "agents_online": figures.agents_online,
            "seats_free": figures.seats_free,
        }
        for figures in routing.queue_board(None, queues=Queue.objects.all())
    ]


def note_opened(user: User, *sessions: ChatSession) -> None:
    """That the user is shown these chats is on record; one statement for all of them."""
    audit.record_reads(actor=user, action=ChatAction.READ, targets=sessions)


# Who looks at a chat right now: in the cache, for it may be lost.


def note_viewer(session: ChatSession, user: User) -> None:
    viewers = _viewers(session.pk)
    viewers[user.pk] = (user.actor_label, time.time())
    cache.set(_key(session.pk), viewers, VIEWER_LIFE_S)


def forget_viewer(session: ChatSession, user: User) -> None:
    viewers = _viewers(session.pk)
    viewers.pop(user.pk, None)
    cache.set(_key(session.pk), viewers, VIEWER_LIFE_S)


def viewers_frame(session_pk: int) -> Frame | None:
    session = ChatSession.objects.filter(pk=session_pk).only("public_id").first()
    if session is None:
        return None
    agents = [{"id": pk, "name": name} for pk, (name, _at) in sorted(_viewers(session_pk).items())]
    return {"type": "viewers", "session": session.public_id, "agents": agents}


def _viewers(session_pk: int) -> dict[int, tuple[str, float]]:
    fresh = time.time() - VIEWER_LIFE_S
    return {pk: seen for pk, seen in (cache.get(_key(session_pk)) or {}).items() if seen[1] > fresh}


def _key(session_pk: int) -> str:
    return f"chat:viewers:{session_pk}"
