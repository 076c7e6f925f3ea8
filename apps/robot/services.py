from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import ROBOT, Actor
from apps.audit import services as audit
from apps.chat import log
from apps.chat import services as chat
from apps.chat.enums import ChatStatus, MessageKind
from apps.chat.models import ChatSession
from apps.knowledge import services as knowledge
from apps.orders.models import Order
from apps.orders.selectors import product_category
from apps.robot import policy, selectors
from apps.robot.enums import TurnOutcome
from apps.robot.language import language_of_locale
from apps.robot.models import RobotFlow, RobotTurn
from apps.robot.permissions import RobotAction
from apps.robot.phrases import say
from apps.robot.replies import FlowState, Reply

NAMESPACE = UUID("6f2d4c1e-6a0b-5b0e-9c53-2a6a3f0c9d11")  # of the refs of the robot's messages
GREETING_SEQ = 0


def answer(session_id: int, *, actor: Actor | Any = ROBOT, now: datetime | None = None) -> RobotTurn | None:
    """Take up what the customer said since the last turn: one message, and the hand-off where there is one.

    None when nothing waits, or somebody was faster; so it may run twice and in parallel. The search happens before
    the session is locked, the writing in one transaction. Raises ``AccessDenied``.
    """
    access.require(actor, RobotAction.ANSWER)
    now = now or timezone.now()
    heard = selectors.heard(session_id)
    if heard is None:
        return None
    return _carry_out(session_id, heard.seq, policy.reply_to(heard, now=now), actor=actor, now=now)


@transaction.atomic
def greet(session_id: int, *, actor: Actor | Any = ROBOT, now: datetime | None = None) -> RobotTurn | None:
    """Say the first words of a session; None when somebody has spoken. Raises ``AccessDenied``."""
    access.require(actor, RobotAction.ANSWER)
    session = log.locked(session_id)
    if session.last_seq:
        return None
    lang = language_of_locale(session.locale)
    reply = policy.greeting(session.inbox.greeting_in(session.locale), lang)
    return _carry_out(session_id, GREETING_SEQ, reply, actor=actor, now=now or timezone.now())


@transaction.atomic
def take_back(
    session_id: int, *, actor: Actor | Any = ROBOT, now: datetime | None = None
) -> RobotTurn | None:
    """Say that the robot is here again. What was written while waiting was for a human, and stays unanswered."""
    access.require(actor, RobotAction.ANSWER)
    session = log.locked(session_id)
    lang = language_of_locale(session.locale)
    reply = policy.greeting(say("back", lang), lang)
    return _carry_out(session_id, session.last_seq, reply, actor=actor, now=now or timezone.now())


@transaction.atomic
def _carry_out(
    session_id: int, seq: int, reply: Reply, *, actor: Actor | Any, now: datetime
) -> RobotTurn | None:
    session = log.locked(session_id)
    if (
        session.status != ChatStatus.BOT
        or RobotTurn.objects.filter(session=session, customer_seq__gte=seq).exists()
    ):
        return None
    turn = _record(session, seq, reply, actor=actor, now=now)
    chat.post_bot_message(
        session, body=reply.body, payload=reply.payload, ref=message_ref(session, seq), now=now
    )
    if reply.flow is not None:
        _keep_flow(session, reply.flow, now)
    if reply.card is not None:
        _show_order(session, reply.card, seq, now)
    if reply.helped is not None:
        faq, helped = reply.helped
        knowledge.note_feedback(faq, actor=actor, helped=helped, now=now)
    if reply.outcome == TurnOutcome.HANDED_OFF:
        chat.hand_off(session, actor=actor, reason=reply.reason, note=reply.note, now=now)
    return turn


def _keep_flow(session: ChatSession, flow: FlowState, now: datetime) -> None:
    RobotFlow.objects.update_or_create(session=session, defaults={**vars(flow), "updated_at": now})


def _show_order(session: ChatSession, order: Order, seq: int, now: datetime) -> None:
    """The card for customer and agent; what was bought also says who should take the chat over."""
    payload, ref = {"order_no": order.order_no}, card_ref(session, seq)
    chat.post_bot_message(session, body="", kind=MessageKind.ORDER_CARD, payload=payload, ref=ref, now=now)
    category = product_category(order)
    if category:
        chat.set_product_category(session, category)


def message_ref(session: ChatSession, seq: int) -> UUID:
    """The ref of the robot's message about the customer's ``seq``: always the same, so it is stored once."""
    return uuid5(NAMESPACE, f"{session.public_id}:{seq}")


def card_ref(session: ChatSession, seq: int) -> UUID:
    """The ref of the order's card under that message."""
    return uuid5(NAMESPACE, f"{session.public_id}:{seq}:card")


def _record(session: ChatSession, seq: int, reply: Reply, *, actor: Actor | Any, now: datetime) -> RobotTurn:
    hit = reply.hit
    turn = RobotTurn.objects.create(
        session=session,
        customer_seq=seq,
        outcome=reply.outcome,
        reason=reply.reason,
        faq=hit.faq if hit and reply.outcome == TurnOutcome.ANSWERED else None,
        score=hit.score if hit else None,
        matched=hit.matched_text if hit else "",
        at=now,
    )
    audit.record(
        actor=actor,
        action=RobotAction.ANSWER,
        target=session,
        at=now,
        outcome=reply.outcome,
        reason=reply.reason,
    )
    return turn
