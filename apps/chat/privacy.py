"""What chats hold about customers. Lines stay, with their numbers and times; what was said in them goes."""

from django.db.models import Case, CharField, F, Func, Q, Value, When
from django.utils.translation import gettext_lazy as _

from apps.chat.enums import ChatStatus, MessageKind, SenderKind
from apps.chat.models import Attachment, ChatSession, Message, VisitorToken, WrapUp
from apps.customers.models import Customer
from apps.customers.privacy.blanks import REMOVED, Keeping, moment, unless
from apps.customers.privacy.registry import (
    Blocker,
    DataKind,
    Rows,
    Traces,
    blocker,
    register,
    tracer,
)

# Of a system line: what happened, in words of the desk; no texts of people.
FACTS = (
    "event", "reason", "queue", "agent", "mode", "offer", "opens_at", "seconds_left", "ticket", "state", "amount",
    "refund_no", "score", "scale", "seq",
)  # fmt: skip


@tracer
def chats(customer: Customer) -> Traces:
    """Their chats, as other apps name them."""
    numbers = list(customer.chat_sessions.values_list("public_id", flat=True))
    return {
        "public_id": numbers,
        "context": [f"chat:{number}" for number in numbers],
        "line_prefix": [f"{number}:" for number in numbers],
    }


@blocker
def live_chat(customer: Customer) -> Blocker | None:
    if customer.chat_sessions.exclude(status=ChatStatus.CLOSED).exists():
        return Blocker("chat_live", str(_("A chat with this customer is going on. Close it first.")))
    return None


register(
    DataKind(
        slug="chat.devices",
        name=_("Devices that may read a chat"),
        owner=VisitorToken,
        belongs=lambda subject: Q(session__customer=subject.customer_id),
        rows=(Rows(VisitorToken, gone=("digest",), secret=("digest",), told=("created_at", "expires_at")),),
        first=True,
    ),
    DataKind(
        slug="chat.chats",
        name=_("Chats"),
        owner=ChatSession,
        rows=(
            Rows(
                Message,
                under="session",
                blank={
                    "body": "",
                    # What anybody else wrote may have any names.
                    "payload": Case(
                        When(kind=MessageKind.EVENT, then=Keeping("payload", FACTS, {REMOVED: True})),
                        When(kind=MessageKind.RECALL, then=Keeping("payload", ("seq",), {REMOVED: True})),
                        default=Keeping("payload", (), {REMOVED: True}),
                    ),
                    "sender_name": unless(Q(sender_kind=SenderKind.CUSTOMER), "sender_name"),
                    "content_hash": "",
                },
                secret=("content_hash",),
                told=("session__public_id", "seq", "sender_kind", "kind", "at"),
            ),
            Rows(
                Attachment,
                under="session",
                blank={"file": "", "name": ""},
                told=("session__public_id", "public_id", "mime", "size", "created_at"),
                file="file",
            ),
            Rows(
                WrapUp, under="session", blank={"note": ""}, told=("session__public_id", "code", "written_at")
            ),
            Rows(
                ChatSession,
                blank={
                    # The page without what a shop may have written behind it.
                    "source": Func(
                        F("source"),
                        Value("[?#].*$"),
                        Value(""),
                        function="regexp_replace",
                        output_field=CharField(),
                    ),
                    "page_title": "",
                    "last_preview": "",
                },
                also={"redacted_at": moment},
                secret=("last_preview",),
                told=("public_id", "inbox__name", "locale", "opened_at", "closed_at", "close_reason"),
            ),
        ),
        age="closed_at",
        ripe=Q(status=ChatStatus.CLOSED, redacted_at=None),
        keep_days=730,
    ),
)
