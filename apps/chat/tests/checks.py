"""What must hold after anything that the chat does."""

from apps.audit.models import AuditEvent
from apps.chat.models import ChatSession, Message

STATE = (
    "status", "queue_id", "agent_id", "close_reason", "last_seq", "ended_at", "closed_at", "waiting_since",
    "customer_read_seq", "customer_delivered_seq", "agent_read_seq", "agent_delivered_seq", "unread_count",
)  # fmt: skip


def snapshot(session: ChatSession) -> tuple:
    """Everything that a refused call must leave as it was."""
    row = ChatSession.objects.values(*STATE).get(pk=session.pk)
    lines = list(
        Message.objects.filter(session=session).order_by("seq").values_list("seq", "body", "recalled_by")
    )
    return row, lines, AuditEvent.objects.deeds().count()


def seqs(session: ChatSession) -> list[int]:
    return list(Message.objects.filter(session=session).order_by("seq").values_list("seq", flat=True))


def assert_gap_free(session: ChatSession) -> None:
    """Seq starts at 1 without gaps, the row knows the last one, and ``prev`` names the public one before."""
    session.refresh_from_db()
    assert seqs(session) == list(range(1, session.last_seq + 1))
    public = 0
    for message in Message.objects.filter(session=session).order_by("seq"):
        assert message.prev_public_seq == public
        public = public if message.internal else message.seq
    assert session.last_public_seq == public


def events_of(session: ChatSession) -> list[str]:
    """Names of the system lines, in order."""
    rows = Message.objects.filter(session=session, kind="event").order_by("seq")
    return [row.payload["event"] for row in rows]


def audited(session: ChatSession) -> list[str]:
    """Actions on record for ``session``, oldest first."""
    rows = AuditEvent.objects.filter(target_type="chat.chatsession", target_id=str(session.pk))
    return list(rows.order_by("pk").values_list("action", flat=True))
