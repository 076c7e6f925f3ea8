"""Delivered, read and given-up marks: they only move forward."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Least

from apps.access import services as access
from apps.access.actors import Actor
from apps.chat.enums import Side
from apps.chat.events import ReceiptMoved
from apps.chat.log import session_group
from apps.chat.marks import MARK, marks_json, receipt_ring
from apps.chat.models import ChatSession
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


@transaction.atomic
def record_received(session: ChatSession, *, actor: Actor, seq: int) -> None:
    """``actor`` has all messages up to ``seq``. A lower or equal mark changes nothing."""
    _move(session, actor, delivered=seq, read=0)


@transaction.atomic
def record_read(session: ChatSession, *, actor: Actor, seq: int) -> None:
    """``actor`` has looked at all messages up to ``seq``; what is read has been delivered."""
    _move(session, actor, delivered=seq, read=seq)


def _move(session: ChatSession, actor: Actor, *, delivered: int, read: int) -> None:
    """A watching supervisor's eyes are not the agent's: the database moves nothing for them."""
    key = (session.pk, side_of(session, actor), actor.pk)
    with connection.cursor() as cursor:
        cursor.execute(MARK, [marks_json([(key, (delivered, read))]), True])
        for _pk, side, *marks in cursor.fetchall():
            _tell(session.pk, side, marks)


@transaction.atomic
def record_undelivered(session: ChatSession, *, side: str, seq: int) -> None:
    """The server pushed up to ``seq`` three times and nobody confirmed; forgotten once it is delivered after all."""
    mark, floor = f"{side}_undelivered_seq", f"{side}_delivered_seq"
    rows = ChatSession.objects.filter(pk=session.pk, **{f"{mark}__lt": seq, f"{floor}__lt": seq})
    if rows.filter(**{f"{mark}__lt": F("last_seq")}).update(**{mark: Least(seq, F("last_seq"))}):
        _tell(session.pk, side, ChatSession.objects.get(pk=session.pk).marks(side))


def _tell(session_pk: int, side: str, marks: Sequence[int]) -> None:
    publish(ReceiptMoved(session_pk, side))
    after_commit(wake, session_group(session_pk), **receipt_ring(session_pk, side, *marks))
