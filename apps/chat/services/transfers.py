"""From one human to another: by an agent's wish, or because an agent was lost."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import ChatStatus
from apps.chat.errors import MayNotTake, WrongState
from apps.chat.events import ChatSessionQueued
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.chat.selectors import KIND
from apps.chat.services.state import push_state, require_live, require_own_or_supervised
from apps.chat.takers import takers
from apps.common.errors import Invalid, NotFound
from apps.common.events import publish
from apps.routing import services as routing
from apps.routing.enums import Intent
from apps.routing.models import AgentSeat, Queue
from apps.routing.services.presence import CONNECTION_LOST


@transaction.atomic
def requeue_session(session: ChatSession | int, *, reason: str, now: datetime | None = None) -> bool:
    """Put a chat whose agent is lost back at its old place in the queue. False when it no longer was active."""
    session, now = log.locked(session), now or timezone.now()
    if session.status != ChatStatus.ACTIVE or session.queue is None:
        return False
    lost = session.agent_id
    routing.transfer_to_queue(KIND, session.pk, queue=session.queue, actor=SYSTEM, reason=reason, now=now)
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

    Into a queue it goes with its first waiting time. Raises ``NoCapacity`` (nothing changed), ``MayNotTake``,
    ``SessionClosed``, ``WrongState``, ``AccessDenied``, or ``Invalid`` unless exactly one target is named.
    """
    session, now = log.locked(session), now or timezone.now()
    require_own_or_supervised(session, actor, ChatAction.TRANSFER)
    require_live(session)
    if session.status == ChatStatus.BOT:
        raise WrongState(_("Only a waiting or active chat can be transferred."))
    target: dict[str, Any] = {"queue": queue.pk if queue else None, "agent": agent.pk if agent else None}
    audit.record(actor=actor, action=ChatAction.TRANSFER, target=session, at=now, **target)
    if agent is not None and queue is None:
        _require_taker(session, agent, actor)
        return give_to_agent(session, agent, actor=actor, note=note, now=now)
    if queue is None or agent is not None:
        raise Invalid(_("Name either the queue or the agent to transfer to."))
    routing.transfer_to_queue(KIND, session.pk, queue=queue, actor=actor, now=now)
    _back_to_queue(session, queue, actor=actor, now=now, event="transferred", note=note)
    return session


def _require_taker(session: ChatSession, agent: User, actor: Actor) -> None:
    """Raise ``MayNotTake`` unless ``agent`` may work on it; of the actor that is asked as of any call of theirs."""
    if agent == actor:
        access.require(actor, ChatAction.ACCEPT, session)
    elif agent.pk not in takers(session, [agent]):
        raise MayNotTake(agent=agent.actor_label)


def give_to_agent(session: ChatSession, agent: User, *, actor: User, note: str, now: datetime) -> ChatSession:
    """Assign the locked session to ``agent``; ``WorkAssigned`` does the rest. Raises what routing raises."""
    if note:
        log.append_event(session, "note", note, actor=actor, now=now, internal=True)
    routing.transfer_to_agent(KIND, session.pk, agent=agent, actor=actor, now=now)
    return log.locked(session)


def transfer_target(actor: User, *, queue: Any = None, agent: Any = None) -> dict[str, Any]:
    """Keyword arguments for ``transfer_session`` from what a client names: a queue's id or slug, an agent's id or name.

    Raises ``NotFound`` when there is none such.
    """
    if queue is not None:
        return {"queue": _named(Queue.objects.all(), "slug", queue)}
    return {"agent": _named(User.objects.filter(is_active=True), "username", agent)}


def _named(rows: QuerySet, field: str, name: Any) -> Any:
    """The one of ``rows`` with the key ``name`` (a number) or the ``field`` ``name`` (a text)."""
    by = {int: "pk", str: field}.get(type(name))
    found = rows.filter(**{by: name}).first() if by and "\x00" not in str(name) else None
    if found is None:
        raise NotFound(_("There is no such queue or agent."))
    return found


def _back_to_queue(
    session: ChatSession, queue: Queue, *, actor: Actor, now: datetime, event: str, note: str = ""
) -> None:
    session.status, session.queue, session.agent, session.queued_at = ChatStatus.QUEUED, queue, None, now
    session.save(update_fields=["status", "queue", "agent", "queued_at"])
    if note:
        log.append_event(session, "note", note, actor=actor, now=now, internal=True)
    text = "A colleague will take over. You keep your place."
    log.append_event(session, event, text, actor=actor, now=now, queue=queue.name)
    publish(ChatSessionQueued(session.pk, queue.pk, now))
    push_state(session)
