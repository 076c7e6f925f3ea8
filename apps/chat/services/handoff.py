"""From the robot into a queue, and from there to a human."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import ChatStatus, WayOut
from apps.chat.events import ChatSessionAccepted, ChatSessionQueued
from apps.chat.models import ChatSession, Participant
from apps.chat.permissions import ChatAction
from apps.chat.selectors import KIND
from apps.chat.services.state import push_state, require_live
from apps.common.errors import AccessDenied
from apps.common.events import publish
from apps.routing import selectors as routing_reads
from apps.routing import services as routing
from apps.routing.enums import Allocation
from apps.routing.errors import QueueFull
from apps.routing.models import Assignment, Offer
from apps.routing.rules import Case, Decision

QUEUE_FIELDS = ("status", "queue", "agent", "queued_at", "opens_at", "offers")
WHEN_CLOSED = (WayOut.TICKET, WayOut.BOT)  # what may be done instead of waiting for the opening


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
    decision = routing_reads.decide_for(case_of(session))
    if note:
        log.append_event(session, "note", note, actor=actor, now=now, internal=True, reason=reason)
    enqueue(session, decision, actor=actor, reason=reason, now=now, preferred_agent=preferred_agent)
    return session


def _require_hand_off(session: ChatSession, actor: Actor) -> None:
    if actor.actor_kind != "customer":
        access.require(actor, ChatAction.JOIN_TAKEOVER, session)
    elif session.customer_id != actor.pk:
        raise AccessDenied()


def case_of(session: ChatSession) -> Case:
    """What routing may know about ``session``."""
    return Case(
        channel=session.channel,
        source=session.source,
        product=session.product,
        product_category=session.product_category,
        customer_level=session.customer.level,
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
    """Put the locked session into the decided queue, or a fallback when that is full. Publishes ``ChatSessionQueued``.

    When all are full the robot keeps it, and the customer is offered to leave a message.
    """
    if preferred_agent is None and decision.method == Allocation.STICKY:
        preferred_agent = last_agent(session)
    entered = _enter(session, decision, actor=actor, now=now, preferred_agent=preferred_agent)
    if entered is None:
        return _stay(session, decision, actor=actor, now=now)
    decision, opens_at = entered
    session.status, session.queue, session.agent = ChatStatus.QUEUED, decision.queue, None
    session.queued_at, session.opens_at = now, opens_at
    session.waiting_since = session.waiting_since or now
    session.offers = [str(way) for way in WHEN_CLOSED] if session.opens_at else []
    session.save(update_fields=[*QUEUE_FIELDS, "waiting_since"])
    _tell_queued(session, actor=actor, reason=reason, now=now)
    audit.record(
        actor=actor, action="chat:HandOff", target=session, at=now, reason=reason, trace=decision.trace
    )
    publish(ChatSessionQueued(session.pk, decision.queue.pk, now))
    routing.take_overflow(KIND, session.pk, now=now)
    session.refresh_from_db(fields=[*QUEUE_FIELDS, "last_seq", "last_public_seq"])
    push_state(session)
    return None


def last_agent(session: ChatSession) -> User | None:
    """Who had the customer's last chat before this one."""
    earlier = ChatSession.objects.filter(customer=session.customer_id, agent__isnull=False)
    last = earlier.exclude(pk=session.pk).select_related("agent").order_by("-pk").first()
    return last.agent if last else None


def _enter(
    session: ChatSession, decision: Decision, *, actor: Actor, now: datetime, preferred_agent: User | None
) -> tuple[Decision, datetime | None] | None:
    """The decision that took the session in, and when that opens (None: it is open); None when every queue is full."""
    for option in _options(decision, now):
        opening = routing_reads.opening(option.queue, now)
        eligible_at = now if opening.open else (opening.opens_at or now)
        try:
            routing.enqueue(
                kind=KIND,
                item_id=session.pk,
                decision=option,
                eligible_at=eligible_at,
                preferred_agent=preferred_agent,
                actor=actor,
                now=now,
            )
        except QueueFull:
            continue
        return option, None if opening.open else eligible_at
    return None


def _options(decision: Decision, now: datetime) -> Iterator[Decision]:
    """The decision, then its open fallbacks; these are looked up only when they are needed."""
    yield decision
    for queue in routing_reads.fallbacks(decision.queue):
        if routing_reads.opening(queue, now).open:
            yield decision.moved_to(queue, f"{decision.queue} is full, on to {queue}")


def _stay(session: ChatSession, decision: Decision, *, actor: Actor, now: datetime) -> None:
    """Every queue is full: say so, and offer another way."""
    session.offers = [WayOut.TICKET.value]
    session.save(update_fields=["offers"])
    text = "All colleagues are busy. Leave us a message and we will answer by e-mail."
    log.append_event(session, "queue_full", text, actor=actor, now=now, queue=decision.queue.name)
    audit.record(actor=actor, action="chat:QueueFull", target=session, at=now, trace=decision.trace)
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
    """Take the chat that was offered.

    Raises ``OfferGone``, or ``AccessDenied`` for an offer to somebody else and to who may not accept it.
    """
    offered = Offer.objects.filter(public_id=offer_id, entry__kind=KIND).values("entry__item_id")
    session = ChatSession.objects.filter(pk__in=offered).first()
    if session is not None:
        access.require(actor, ChatAction.ACCEPT, session)
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
    session_pk: int,
    *,
    agent_pk: int,
    queue_pk: int,
    accepted_by: User | None = None,
    now: datetime | None = None,
) -> None:
    """An agent has the work: make the session active, in the transaction of the assignment.

    Raises ``SessionClosed``, or ``AccessDenied`` when who accepted an offer may not accept chats.
    """
    session, now = log.locked(session_pk), now or timezone.now()
    require_live(session)
    agent = accepted_by or User.objects.get(pk=agent_pk)
    if accepted_by is not None:
        access.require(accepted_by, ChatAction.ACCEPT, session)
    session.status, session.agent, session.queue_id = ChatStatus.ACTIVE, agent, queue_pk
    session.accepted_at, session.offers = session.accepted_at or now, []
    session.save(update_fields=["status", "agent", "queue", "accepted_at", "offers"])
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
