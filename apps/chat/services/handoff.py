"""From the robot to a human, and from one human to another."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import ChatStatus, JoinMode
from apps.chat.errors import SessionClosed, WrongState
from apps.chat.events import ChatSessionAccepted, ChatSessionQueued
from apps.chat.models import ChatSession, Participant
from apps.chat.permissions import ChatAction
from apps.chat.services.sessions import KIND, push_state, require_own_or_supervised
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.common.events import publish
from apps.routing import selectors as routing_reads
from apps.routing import services as routing
from apps.routing.enums import Intent
from apps.routing.models import AgentSeat, Assignment, Offer, Queue
from apps.routing.rules import Case, Decision
from apps.routing.services.presence import CONNECTION_LOST

JOIN_ACTIONS = {
    JoinMode.SILENT: ChatAction.JOIN_SILENT,
    JoinMode.WHISPER: ChatAction.JOIN_WHISPER,
    JoinMode.BARGE: ChatAction.JOIN_BARGE,
    JoinMode.TAKEOVER: ChatAction.JOIN_TAKEOVER,
}


@transaction.atomic
def hand_off(
    session: ChatSession | int,
    *,
    actor: Actor | Any,
    reason: str,
    note: str = "",
    now: datetime | None = None,
) -> ChatSession:
    """Bring a session from the robot into a queue: state, queue entry, notice and pushes together or not at all.

    Safe to repeat: a session that waits or has an agent stays as it is. Out of hours it waits for the opening.
    Raises ``SessionClosed``, or ``AccessDenied`` for another customer.
    """
    session = log.locked(session)
    if actor.actor_kind == "customer" and session.customer_id != actor.pk:
        raise AccessDenied()
    if session.status in (ChatStatus.QUEUED, ChatStatus.ACTIVE):
        return session
    if not session.is_open:
        raise SessionClosed()
    now = now or timezone.now()
    decision = routing_reads.decide_for(_case(session))
    if note:
        log.append_event(session, "note", note, actor=actor, now=now, internal=True, reason=reason)
    enqueue(session, decision, actor=actor, reason=reason, now=now)
    return session


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
    actor: Actor | Any,
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
    session.status, session.queue, session.queued_at, session.agent = (
        ChatStatus.QUEUED,
        decision.queue,
        now,
        None,
    )
    session.waiting_since = session.waiting_since or now
    session.save(update_fields=["status", "queue", "queued_at", "agent", "waiting_since"])
    opens_at = None if opening.open else eligible_at.isoformat()
    text = "We are closed now; your message is kept." if opens_at else "You are in the queue for a colleague."
    log.append_event(
        session,
        "queued",
        text,
        actor=actor,
        now=now,
        reason=reason,
        queue=decision.queue.name,
        opens_at=opens_at,
    )
    audit.record(
        actor=actor, action="chat:HandOff", target=session, at=now, reason=reason, trace=decision.trace
    )
    publish(ChatSessionQueued(session.pk, decision.queue.pk, now))
    push_state(session)


def accept_offer(offer_id: str, *, actor: User, now: datetime | None = None) -> Assignment:
    """Take the chat that was offered. Raises ``OfferGone``, or ``AccessDenied`` for an offer to somebody else."""
    return routing.accept_offer(offer_id, actor=actor, now=now)


def decline_offer(offer_id: str, *, actor: User, now: datetime | None = None) -> Offer:
    """Leave the offered chat to another agent. Raises ``OfferGone``."""
    return routing.decline_offer(offer_id, actor=actor, now=now)


@transaction.atomic
def claim_session(session: ChatSession, *, actor: User, now: datetime | None = None) -> Assignment:
    """Take a waiting chat by hand. Raises ``AlreadyTaken`` naming the owner, ``NoCapacity`` or ``AccessDenied``."""
    session = log.locked(session)
    access.require(actor, ChatAction.ACCEPT, session)
    return routing.claim(KIND, session.pk, actor=actor, now=now)


@transaction.atomic
def follow_assignment(
    session_pk: int, *, agent_pk: int, queue_pk: int, actor: Actor = SYSTEM, now: datetime | None = None
) -> None:
    """An agent has the work: make the session active, in the transaction of the assignment."""
    session, now = log.locked(session_pk), now or timezone.now()
    if not session.is_open:
        raise SessionClosed()
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


@transaction.atomic
def requeue_session(session: ChatSession | int, *, reason: str, now: datetime | None = None) -> bool:
    """Put a chat whose agent is lost back at its old place in the queue. False when it no longer was active."""
    session, now = log.locked(session), now or timezone.now()
    if session.status != ChatStatus.ACTIVE or session.queue is None:
        return False
    lost = session.agent_id
    routing.transfer_to_queue(KIND, session.pk, queue=session.queue, actor=SYSTEM, now=now)
    _back_to_queue(session, session.queue, actor=SYSTEM, now=now, event="requeued")
    audit.record(actor=SYSTEM, action="chat:Requeue", target=session, at=now, reason=reason, agent=lost)
    return True


def requeue_orphans(*, now: datetime | None = None) -> int:
    """Requeue active chats of agents who are offline; what a lost ``SeatLapsed`` left. Safe to run twice."""
    offline = AgentSeat.objects.filter(intent=Intent.OFFLINE, reason=CONNECTION_LOST).values("user")
    orphans = ChatSession.objects.filter(status=ChatStatus.ACTIVE, agent__in=offline).order_by("pk")
    return sum(
        requeue_session(pk, reason="agent_lost", now=now) for pk in orphans.values_list("pk", flat=True)
    )


def _back_to_queue(
    session: ChatSession, queue: Queue, *, actor: Actor | Any, now: datetime, event: str, note: str = ""
) -> None:
    old_agent = session.agent
    session.status, session.queue, session.agent = ChatStatus.QUEUED, queue, None
    session.save(update_fields=["status", "queue", "agent"])
    if note:
        log.append_event(session, "note", note, actor=actor, now=now, internal=True)
    text = "A colleague will take over. You keep your place."
    log.append_event(session, event, text, actor=actor, now=now, queue=queue.name)
    publish(ChatSessionQueued(session.pk, queue.pk, now))
    push_state(session)
    if old_agent:
        _tell_former_agent(session, old_agent)


def _tell_former_agent(session: ChatSession, agent: User) -> None:
    session.agent = agent  # for its group only; the row says otherwise
    push_state(session)
    session.agent = None


@transaction.atomic
def transfer_session(
    session: ChatSession | int,
    *,
    actor: User,
    queue: Queue | None = None,
    agent: User | None = None,
    note: str = "",
    now: datetime | None = None,
) -> ChatSession:
    """Give an active or waiting chat to another queue, or to an agent who has a seat free now; one transaction.

    Into a queue it goes with its first waiting time. Raises ``NoCapacity`` (nothing changed), ``WrongState``,
    ``AccessDenied``, or ``Invalid`` unless exactly one target is named.
    """
    session, now = log.locked(session), now or timezone.now()
    require_own_or_supervised(session, actor, ChatAction.TRANSFER)
    if session.status not in (ChatStatus.ACTIVE, ChatStatus.QUEUED):
        raise WrongState("Only a waiting or active chat can be transferred.")
    if (queue is None) == (agent is None):
        raise Invalid("Name the queue or the agent to transfer to.")
    audit.record(
        actor=actor, action=ChatAction.TRANSFER, target=session, at=now,
        queue=queue.pk if queue else None, agent=agent.pk if agent else None,
    )  # fmt: skip
    if queue is not None:
        routing.transfer_to_queue(KIND, session.pk, queue=queue, actor=actor, now=now)
        _back_to_queue(session, queue, actor=actor, now=now, event="transferred", note=note)
        return session
    return _to_agent(session, agent, actor=actor, note=note, now=now)


def _to_agent(
    session: ChatSession, agent: User | None, *, actor: User, note: str, now: datetime
) -> ChatSession:
    former = session.agent
    if note:
        log.append_event(session, "note", note, actor=actor, now=now, internal=True)
    routing.transfer_to_agent(
        KIND, session.pk, agent=agent, actor=actor, now=now
    )  # WorkAssigned does the rest
    if former:
        _tell_former_agent(session, former)
    return log.locked(session)


def transfer_target(actor: User, *, queue: Any = None, agent: Any = None) -> dict[str, Any]:
    """Keyword arguments for ``transfer_session`` from what a client names: a queue's id or slug, an agent's id or name.

    Raises ``NotFound`` when there is none such.
    """
    if queue is not None:
        field = "pk" if isinstance(queue, int) else "slug"
        found = Queue.objects.filter(**{field: queue}).first()
    else:
        field = "pk" if isinstance(agent, int) else "username"
        found = User.objects.filter(**{field: agent}, is_active=True).first() if agent else None
    if found is None:
        raise NotFound("There is no such queue or agent.")
    return {"queue": found} if queue is not None else {"agent": found}


@transaction.atomic
def join_session(
    session: ChatSession | int, *, actor: User, mode: str, now: datetime | None = None
) -> ChatSession:
    """Take part in somebody else's chat: watch, whisper, speak, or take it over. Each is its own permission."""
    if mode not in JOIN_ACTIONS:
        raise Invalid(f"Join as one of: {', '.join(JOIN_ACTIONS)}.")
    session, now = log.locked(session), now or timezone.now()
    access.require(actor, JOIN_ACTIONS[JoinMode(mode)], session)
    if not session.is_open:
        raise SessionClosed()
    if session.agent_id == actor.pk:
        raise WrongState("This chat is yours already.")
    audit.record(actor=actor, action=JOIN_ACTIONS[JoinMode(mode)], target=session, at=now)
    if mode == JoinMode.TAKEOVER:
        return _take_over(session, actor, now)
    Participant.objects.update_or_create(
        session=session, user=actor, left_at=None, defaults={"mode": mode, "joined_at": now}
    )
    name = actor.actor_label
    text, hidden = f"{name} joined the chat.", mode != JoinMode.BARGE
    log.append_event(session, "joined", text, actor=actor, now=now, internal=hidden, mode=mode, agent=name)
    push_state(session)
    return session


def _take_over(session: ChatSession, actor: User, now: datetime) -> ChatSession:
    if session.status == ChatStatus.BOT:
        hand_off(session, actor=actor, reason="takeover", now=now)
    return _to_agent(session, actor, actor=actor, note="", now=now)


@transaction.atomic
def leave_session(session: ChatSession, *, actor: User, now: datetime | None = None) -> None:
    """Stop watching a chat that was joined."""
    now = now or timezone.now()
    left = Participant.objects.filter(session=session, user=actor, left_at=None).update(left_at=now)
    if left:
        audit.record(actor=actor, action="chat:LeaveSession", target=session, at=now)
        push_state(session)
