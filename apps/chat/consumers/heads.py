"""Where sessions stand: what a sweep compares sockets with."""

from dataclasses import dataclass

from apps.chat.enums import Side
from apps.chat.models import ChatSession

SIDES = tuple(Side)  # made once: asking the enumeration took half of the time of ``Head.of``
FIELDS = (
    "pk", "status", "agent_id", "queue_id", "customer_online", "close_reason", "last_seq", "last_public_seq",
    "customer_delivered_seq", "customer_read_seq", "customer_undelivered_seq",
    "agent_delivered_seq", "agent_read_seq", "agent_undelivered_seq",
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """Where a session stands: what a connection is compared with."""

    last_seq: dict[str, int]  # by side
    marks: dict[str, tuple[int, int, int]]  # by side: delivered, read, undelivered
    state: dict[str, tuple]  # by side: that they are here is no news to the customer

    @classmethod
    def of(cls, session: ChatSession) -> "Head":
        state = (session.status, session.agent_id, session.queue_id, session.close_reason)
        return cls(
            {side: session.last_seq_for(side) for side in SIDES},
            {side: session.marks(side) for side in SIDES},
            {Side.CUSTOMER: state, Side.AGENT: (*state, session.customer_online)},
        )


Heads = dict[int, Head]


def read_heads(session_pks: set[int]) -> Heads:
    """Where the sessions stand now."""
    rows = ChatSession.objects.filter(pk__in=session_pks).only(*FIELDS)
    return {session.pk: Head.of(session) for session in rows}
