"""Statements of the log read what they need, also in tables that the planner knows nothing about, or nothing true."""

from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.chat.models import CancelledRef, ChatSession, Message
from apps.chat.services import cancel_message, record_read
from apps.chat.tests.factories import active_session, customer_says
from apps.chat.tests.long import lengthen

LINES = 300
READ = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = %s::regclass"


@pytest.fixture(params=["nothing", "an empty table", "a table that was full"])
def long_chat(db, request):
    """A session with many lines, beside what the planner was told of."""
    if request.param == "a table that was full":
        Message.objects.filter(session=lengthen(active_session())).delete()
    if request.param != "nothing":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE chat_message, chat_chatsession, chat_cancelledref")
    session = active_session()
    rows = (
        Message(
            session=session, seq=seq, prev_public_seq=seq - 1, ref=uuid4(), content_hash="0", sender_kind="customer",
            kind="text", body="Hello", at=session.opened_at,
        )
        for seq in range(100, 100 + LINES)
    )  # fmt: skip
    Message.objects.bulk_create(rows)
    ChatSession.objects.filter(pk=session.pk).update(last_seq=99 + LINES, last_public_seq=99 + LINES)
    session.refresh_from_db()
    return session


def rows_read(table):
    """Rows of ``table`` that this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [table])
        return cursor.fetchone()[0]


def test_a_line_reads_no_other_line(long_chat):
    before = rows_read("chat_message")
    with transaction.atomic():
        customer_says(long_chat)

    assert rows_read("chat_message") - before < 10


def test_giving_up_reads_no_line(long_chat):
    before = rows_read("chat_message")
    with transaction.atomic():
        cancel_message(long_chat, actor=long_chat.customer, ref=uuid4())

    assert rows_read("chat_message") - before < 10


def test_a_line_reads_no_tombstone_of_another(long_chat):
    CancelledRef.objects.bulk_create(
        CancelledRef(session=long_chat, ref=uuid4(), at=long_chat.opened_at) for _ in range(LINES)
    )
    before = rows_read("chat_cancelledref")
    with transaction.atomic():
        customer_says(long_chat)

    assert rows_read("chat_cancelledref") - before < 10


def test_a_mark_reads_no_line_before_it(long_chat):
    before = rows_read("chat_message")
    with transaction.atomic():
        record_read(long_chat, actor=long_chat.agent, seq=99 + LINES - 2)

    assert rows_read("chat_message") - before < 10
    long_chat.refresh_from_db()
    assert long_chat.unread_count == 2
