"""From the robot into a queue, and from there to a human."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import ChatStatus
from apps.chat.events import ChatSessionAccepted, ChatSessionQueued
from apps.chat.models import ChatSession, Participant
from apps.chat.permissions import ChatAction
from apps.chat.selectors import KIND
from apps.chat.services.state import push_state, require_live
from apps.common.errors import AccessDenied
from apps.common.events import publish
from apps.routing import selectors as routing_reads
from apps.routing import services as routing
from apps.routing.models import Assignment, Offer
from apps.routing.rules import Case, Decision


@transaction.atomic
def hand_off(
    session: ChatSession | int,
    *,
    actor: Actor,
    reason: str,
    note: str = "",
    preferred_agent: User | None = None,
    now: datetime | None = None,
) -> ChatSession:
    """Bring a session from the robot into a queue: state, queue entry, notice and pushes together or not at all.

    Safe to repeat: a session that waits or has an agent stays as it is. Out of hours it waits for the opening.
    ``preferred_agent`` is asked first if they are free.
    Raises ``SessionClosed``, or ``AccessDenied`` for another customer or a user who may not take it over.
    """
    session = log.locked(session)
    _require_hand_off(session, actor)
    if session.status in (ChatStatus.QUEUED, ChatStatus.ACTIVE):
        return session
    require_live(session)
    now = now or timezone.now()
    decision = routing_reads.decide_for(_case(session))
    if note:
        log.append_event(session, "note", note, actor=actor, now=now, internal=True, reason=reason)
    enqueue(session, decision, actor=actor, reason=reason, now=now, preferred_agent=preferred_agent)
    return session


def _require_hand_off(session: ChatSession, actor: Actor) -> None:
    if actor.actor_kind != "customer":
        access.require(actor, ChatAction.JOIN_TAKEOVER, session)
    elif session.customer_id != actor.pk:
        raise AccessDenied()


def _case(session: ChatSession) -> Case:
    return Case(
        channel=session.channel,
        source=session.source,
        product_category=session.product_category,
        locale=session.locale,
        inbox=session.inbox.slug,
    )


def enqueue(
    session: ChatSession,
    decision: Decision,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    preferred_agent: User | None = None,
) -> None:
    """Put the locked session into the decided queue. Publishes ``ChatSessionQueued``."""
    opening = routing_reads.opening(decision.queue, now)
    eligible_at = now if opening.open else (opening.opens_at or now)
    routing.enqueue(
        kind=KIND,
        item_id=session.pk,
        decision=decision,
        eligible_at=eligible_at,
        preferred_agent=preferred_agent,
        actor=actor,
        now=now,
    )
    session.status, session.queue, session.agent = ChatStatus.QUEUED, decision.queue, None
    session.queued_at, session.opens_at = now, None if opening.open else eligible_at
    session.waiting_since = session.waiting_since or now
    session.save(update_fields=["status", "queue", "agent", "queued_at", "opens_at", "waiting_since"])
    _tell_queued(session, actor=actor, reason=reason, now=now)
    audit.record(
        actor=actor, action="chat:HandOff", target=session, at=now, reason=reason, trace=decision.trace
    )
    publish(ChatSessionQueued(session.pk, decision.queue.pk, now))
    push_state(session)


def _tell_queued(session: ChatSession, *, actor: Actor, reason: str, now: datetime) -> None:
    """The line that says they wait, or that the desk is closed until ``opens_at``."""
    text = "You are in the queue for a colleague."
    if session.opens_at is not None:
        text = "We are closed now; your message is kept."
    opens_at = session.opens_at.isoformat() if session.opens_at else None
    queue = session.queue.name if session.queue else ""
    log.append_event(
        session, "queued", text, actor=actor, now=now, reason=reason, queue=queue, opens_at=opens_at
    )


def accept_offer(offer_id: str, *, actor: User, now: datetime | None = None) -> Assignment:
    """Take the chat that was offered. Raises ``OfferGone``, or ``AccessDenied`` for an offer to somebody else."""
    return routing.accept_offer(offer_id, actor=actor, now=now)


def decline_offer(offer_id: str, *, actor: User, now: datetime | None = None) -> Offer:
    """Leave the offered chat to another agent. Raises ``OfferGone``."""
    return routing.decline_offer(offer_id, actor=actor, now=now)


@transaction.atomic
def claim_session(session: ChatSession, *, actor: User, now: datetime | None = None) -> Assignment:
    """Take a waiting chat by hand.

    Raises ``AlreadyTaken`` naming the owner, ``NotQueued``, ``NoCapacity``, ``SessionClosed`` or ``AccessDenied``.
    """
    session = log.locked(session)
    access.require(actor, ChatAction.ACCEPT, session)
    require_live(session)
    return routing.claim(KIND, session.pk, actor=actor, now=now)


@transaction.atomic
def follow_assignment(
    session_pk: int, *, agent_pk: int, queue_pk: int, actor: Actor = SYSTEM, now: datetime | None = None
) -> None:
    """An agent has the work: make the session active, in the transaction of the assignment."""
    session, now = log.locked(session_pk), now or timezone.now()
    require_live(session)
    agent = User.objects.get(pk=agent_pk)
    session.status, session.agent, session.queue_id = ChatStatus.ACTIVE, agent, queue_pk
    session.accepted_at = session.accepted_at or now
    session.save(update_fields=["status", "agent", "queue", "accepted_at"])
    log.append_event(
        session,
        "assigned",
        f"{agent.actor_label} is here for you.",
        actor=agent,
        now=now,
        agent=agent.actor_label,
    )
    Participant.objects.filter(session=session, user=agent, left_at=None).update(left_at=now)
    audit.record(actor=agent, action=ChatAction.ACCEPT, target=session, at=now)
    publish(ChatSessionAccepted(session.pk, agent.pk, now))
    push_state(session)
