"""Customers who are not looking: who left before an answer came."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from apps.chat.enums import CloseReason, MessageKind, SenderKind
from apps.chat.models import ChatSession, Message
from apps.notifications.models import Notification

# A reload, a lift, a tunnel: nobody is written to for those.
ABSENT_FOR = timedelta(minutes=2)
# What is older is no news.
WITHIN = timedelta(days=1)
KEY = "missed"


def attended_session(customer_id: int, now: datetime) -> ChatSession | None:
    """The chat that the customer has open before them at ``now``."""
    here = ChatSession.objects.ongoing().filter(customer_online=True, customer_lease_until__gt=now)
    return here.filter(customer=customer_id).order_by("-pk").first()


def sessions_with_missed_answers(now: datetime) -> QuerySet[ChatSession]:
    """Chats whose customer wrote, left, can be reached by e-mail, and was not told of the answer that came."""
    away = ChatSession.objects.filter(
        customer_online=False,
        customer_lease_until__gt=now - WITHIN,
        customer_lease_until__lte=now - ABSENT_FOR,
        customer_delivered_seq__lt=F("last_public_seq"),
        customer_wrote_at__isnull=False,
    )
    spam = Q(close_reason=CloseReason.SPAM)
    told = Notification.objects.filter(customer=OuterRef("customer"), dedupe=_key_column())
    reachable = away.exclude(customer__email="").exclude(spam)
    answered = answers_after(OuterRef("customer_delivered_seq"), session=OuterRef("pk"))
    return (
        reachable.filter(Exists(answered), ~Exists(told)).select_related("customer", "inbox").order_by("pk")
    )


def missed_answers(session: ChatSession) -> QuerySet[Message]:
    """What was said to the customer since they last received anything, in order."""
    return answers_after(session.customer_delivered_seq, session=session.pk).order_by("seq")


def answers_after(seq: Any, *, session: Any) -> QuerySet[Message]:
    """What agents and the robot said to the customer beyond ``seq`` and did not take back."""
    said = Message.objects.filter(session=session, seq__gt=seq, internal=False, recalled_by=None)
    ours = said.filter(sender_kind__in=[SenderKind.AGENT, SenderKind.BOT])
    return ours.exclude(kind__in=[MessageKind.EVENT, MessageKind.RECALL])


def missed_key(session: ChatSession) -> str:
    """The occasion: this absence from this chat. Who comes back and leaves again can miss something anew."""
    return f"{KEY}:{session.pk}:{session.customer_delivered_seq}"


def _key_column() -> Concat:
    """``missed_key`` as SQL, over the outer session."""
    numbers = (Cast(OuterRef(name), CharField()) for name in ("pk", "customer_delivered_seq"))
    session, seq = numbers
    return Concat(Value(f"{KEY}:"), session, Value(":"), seq, output_field=CharField())
