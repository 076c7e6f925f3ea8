"""Delivered, read and given-up marks: they only move forward."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from apps.access import services as access
from apps.access.actors import Actor
from apps.chat.enums import SenderKind, Side
from apps.chat.events import ReceiptMoved
from apps.chat.log import session_group
from apps.chat.models import ChatSession, Message
from apps.chat.permissions import ChatAction
from apps.common.errors import AccessDenied
from apps.common.events import after_commit, publish
from apps.common.wake import wake


def side_of(session: ChatSession, actor: Actor) -> str:
    """Which side ``actor`` is on. Raises ``AccessDenied`` for a stranger."""
    if actor.actor_kind == "customer":
        if session.customer_id != actor.pk:
            raise AccessDenied()
        return Side.CUSTOMER
    access.require(actor, ChatAction.READ, session)
    return Side.AGENT


def record_received(session: ChatSession, *, actor: Actor, seq: int) -> None:
    """``actor`` has all messages up to ``seq``. A lower or equal mark changes nothing."""
    side = side_of(session, actor)
    if not _speaks_for_side(session, actor, side):
        return
    _advance(session, side, "delivered", seq)


@transaction.atomic
def record_read(session: ChatSession, *, actor: Actor, seq: int, now: datetime | None = None) -> None:
    """``actor`` has looked at all messages up to ``seq``; what is read has been delivered."""
    side = side_of(session, actor)
    if not _speaks_for_side(session, actor, side):
        return
    _advance(session, side, "delivered", seq)
    moved = _advance(session, side, "read", seq)
    if moved and side == Side.AGENT:
        _recount_unread(session)


def record_undelivered(session: ChatSession, *, side: str, seq: int) -> None:
    """The server pushed up to ``seq`` three times and nobody confirmed; forgotten once it is delivered after all."""
    _advance(session, side, "undelivered", seq, above="delivered")


def _speaks_for_side(session: ChatSession, actor: Any, side: str) -> bool:
    """A watching supervisor's eyes are not the agent's."""
    return side == Side.CUSTOMER or session.agent_id == actor.pk


def _advance(session: ChatSession, side: str, mark: str, seq: int, *, above: str = "") -> bool:
    """Move one mark forward with one guarded statement, never beyond the log; push it when it moved."""
    field, floor = f"{side}_{mark}_seq", f"{side}_{above or mark}_seq"
    rows = ChatSession.objects.filter(pk=session.pk, **{f"{field}__lt": seq, f"{floor}__lt": seq})
    moved = rows.filter(**{f"{field}__lt": F("last_seq")}).update(**{field: Least(seq, F("last_seq"))})
    if moved:
        publish(ReceiptMoved(session.pk, side))
        after_commit(_push, session.pk, side)
    return bool(moved)


def _recount_unread(session: ChatSession) -> None:
    """Lines of the customer that the agent has not read; under the row lock that the marks just took."""
    read = ChatSession.objects.values_list("agent_read_seq", flat=True).get(pk=session.pk)
    unread = Message.objects.filter(session=session, seq__gt=read, sender_kind=SenderKind.CUSTOMER).count()
    ChatSession.objects.filter(pk=session.pk).update(unread_count=unread)


def _push(session_pk: int, side: str) -> None:
    wake(session_group(session_pk), type="chat.receipt", session_pk=session_pk, side=str(side))
