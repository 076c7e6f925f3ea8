"""What an agent's socket asks the database; sync functions for ``run_db``."""

import time

from django.core.cache import cache
from django.db.models import Q

from apps.access import names
from apps.access import services as access
from apps.access.models import User
from apps.access.standings import Standing
from apps.audit import services as audit
from apps.chat import selectors
from apps.chat.consumers.looks import Look, Pass
from apps.chat.frames import Frame
from apps.chat.masked import mask_frame
from apps.chat.models import ChatSession
from apps.chat.models.session import ChatSessionQuerySet
from apps.chat.permissions import ChatAction
from apps.chat.takers import NEEDED
from apps.routing import selectors as routing
from apps.routing import services
from apps.routing.models import AgentSeat, Offer, Queue

VIEWER_LIFE_S = 90


def visible_queues(user: User, shown: Pass, *, standing: Standing | None = None) -> frozenset[int]:
    """The queues whose figures the user may see."""
    with shown.situated(user, standing=standing):
        return frozenset(Queue.objects.visible_to(user).values_list("pk", flat=True))


def followed(found: Look) -> list[ChatSession]:
    """The live chats of the user that they may read by a look of this moment, oldest first; those that left are not."""
    readable = ChatSession.objects.filter(pk__in=found.followed)
    return list(readable.followed_by(found.user).select_related(*selectors.RELATED).order_by("pk"))


def followed_one(user: User, shown: Pass, session_pk: int) -> ChatSession | None:
    with shown.situated(user):
        return _followed(user).select_related(*selectors.RELATED).filter(pk=session_pk).first()


def is_followed(user: User, shown: Pass, session_pk: int) -> bool:
    with shown.situated(user):
        return _followed(user).filter(pk=session_pk).exists()


def _followed(user: User) -> ChatSessionQuerySet:
    return ChatSession.objects.visible_to(user).followed_by(user)


def renew_lease(user: User, shown: Pass) -> None:
    """Keep the user's seat for as long as a socket of theirs stays."""
    services.renew_lease(user, situation=shown.situation(user))


def presence(user: User) -> Frame:
    """State, reason and load of the user's seat."""
    seat = AgentSeat.objects.filter(user=user).first()
    if seat is None:
        return {"state": "offline", "reason": "", "used": 0, "max": 0}
    return {"state": seat.intent, "reason": seat.reason, "used": seat.used_units, "max": seat.max_units}


def offers(user: User, shown: Pass, *, masked: bool = False, standing: Standing | None = None) -> list[Frame]:
    """Frames of the chats that the user is being asked to take, as far as whoever came by this pass may."""
    pending = [offer for offer in routing.pending_offers(user) if offer.entry.kind == selectors.KIND]
    ids = [offer.entry.item_id for offer in pending]
    sessions = _takeable(user, shown, ids, standing) if ids else {}
    asked = selectors.last_words(ids)
    frames = [
        _offer_frame(offer, sessions[pk], asked.get(pk, ""))
        for offer, pk in zip(pending, ids, strict=True)
        if pk in sessions
    ]
    if not (masked and frames):
        return frames
    called = names.of_customers({session.customer_id for session in sessions.values()})
    return [mask_frame(frame, called) for frame in frames]


def _takeable(user: User, shown: Pass, ids: list[int], standing: Standing | None) -> dict[int, ChatSession]:
    """The chats that they are asked for and may take and read."""
    rows = ChatSession.objects.select_related("customer")
    with shown.situated(user, standing=standing):
        for action in NEEDED:
            rows = access.reachable(rows, user, action, own=Q(pk__in=ids))
        return rows.in_bulk(ids)


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


def viewers_told(user: User, shown: Pass, session_pk: int) -> Frame | None:
    """The ``viewers`` frame for whoever came by this pass; None where they may not read the chat, or not any more."""
    with shown.situated(user):
        seen = ChatSession.objects.visible_to(user).filter(pk=session_pk).exists()
    return viewers_frame(session_pk) if seen else None


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
