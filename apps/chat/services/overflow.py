"""When too many wait: what the customer is offered instead, and the way back to the robot."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access.actors import SYSTEM
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import ChatStatus, WayOut
from apps.chat.errors import WrongState
from apps.chat.events import ChatSessionReturned
from apps.chat.models import ChatSession
from apps.chat.selectors import KIND
from apps.chat.services.state import push_state
from apps.common.errors import AccessDenied
from apps.common.events import publish
from apps.customers.models import Customer
from apps.routing import services as routing
from apps.routing.enums import OverflowAction
from apps.routing.models import Queue

OFFERS = {OverflowAction.OFFER_TICKET: WayOut.TICKET, OverflowAction.OFFER_ROBOT: WayOut.BOT}
TEXTS = {
    WayOut.TICKET: "It takes longer than usual. You can leave a message, and we will answer by e-mail.",
    WayOut.BOT: "It takes longer than usual. The robot may help you right away.",
}


@transaction.atomic
def follow_overflow(
    session_pk: int, *, action: str, queue_pk: int, now: datetime | None = None
) -> ChatSession:
    """A rung of the ladder was reached, in the transaction of routing: offer a way out, or follow to the new queue."""
    session, now = log.locked(session_pk), now or timezone.now()
    if session.status != ChatStatus.QUEUED:
        return session
    if action in OFFERS:
        _offer(session, OFFERS[OverflowAction(action)], now)
    if action == OverflowAction.MOVE:
        _follow(session, queue_pk, now)
    return session


def _offer(session: ChatSession, way: WayOut, now: datetime) -> None:
    if way in session.offers:
        return
    session.offers = [*session.offers, way.value]
    session.save(update_fields=["offers"])
    log.append_event(session, "offer", TEXTS[way], actor=SYSTEM, now=now, offer=way.value)
    push_state(session)


def _follow(session: ChatSession, queue_pk: int, now: datetime) -> None:
    session.queue = Queue.objects.get(pk=queue_pk)
    session.save(update_fields=["queue"])
    text = "Another team will help you. You keep your place."
    log.append_event(session, "transferred", text, actor=SYSTEM, now=now, queue=session.queue.name)
    push_state(session)


@transaction.atomic
def return_to_bot(session: ChatSession | int, *, actor: Customer, now: datetime | None = None) -> ChatSession:
    """The waiting customer takes the robot instead; who is with it already stays. Publishes ``ChatSessionReturned``.

    Raises ``AccessDenied`` for another customer, ``WrongState`` unless it was offered and they still wait.
    """
    session, now = log.locked(session), now or timezone.now()
    if session.customer_id != actor.pk:
        raise AccessDenied()
    if session.status == ChatStatus.BOT:
        return session
    if session.status != ChatStatus.QUEUED or WayOut.BOT not in session.offers:
        raise WrongState(_("There is nothing to go back to the robot from."))
    _leave_queue(session, "back_to_bot", now)
    log.append_event(session, "returned", "You are with the robot again.", actor=actor, now=now)
    audit.record(actor=actor, action="chat:ReturnToBot", target=session, at=now)
    publish(ChatSessionReturned(session.pk, now))
    push_state(session)
    return session


@transaction.atomic
def stop_waiting(session: ChatSession | int, *, actor: Customer, now: datetime | None = None) -> ChatSession:
    """The customer has left a message and waits no longer: back with the robot, which says nothing to it.

    Changes nothing unless they wait. Raises ``AccessDenied`` for another customer.
    """
    session, now = log.locked(session), now or timezone.now()
    if session.customer_id != actor.pk:
        raise AccessDenied()
    if session.status == ChatStatus.QUEUED:
        _leave_queue(session, "left_message", now)
        audit.record(actor=actor, action="chat:StopWaiting", target=session, at=now)
        push_state(session)
    return session


def _leave_queue(session: ChatSession, reason: str, now: datetime) -> None:
    routing.leave_queue(KIND, session.pk, reason=reason, actor=SYSTEM, now=now)
    session.status, session.queue, session.offers = ChatStatus.BOT, None, []
    session.waiting_since = session.opens_at = None
    session.save(update_fields=["status", "queue", "offers", "waiting_since", "opens_at"])
