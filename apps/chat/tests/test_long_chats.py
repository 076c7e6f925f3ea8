"""A chat of 50,000 messages costs what a chat of 50 costs."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.chat import history
from apps.chat.models import ChatSession
from apps.chat.tests.factories import active_session
from apps.chat.tests.long import LINES, SPACING, lengthen
from apps.chat.tests.rest import client_of

ROWS = re.compile(r"actual time=\S+ rows=([\d.]+) loops=(\d+)")


def opened(session):
    """Statements, and rows read by those of messages, when an agent opens ``session``."""
    client = client_of(session.agent)
    ChatSession.objects.filter(pk=session.pk).update(agent_read_seq=session.last_seq - 5)
    with CaptureQueriesContext(connection) as queries:
        for query in ({}, {"before": session.last_seq - 10}, {"after": 20}, {"unread": True}, {"around": 30}):
            assert client.get(f"/api/v1/sessions/{session.public_id}/messages/", query).status_code == 200
        assert client.get(f"/api/v1/sessions/{session.public_id}/").status_code == 200
    statements = [query["sql"] for query in queries]
    return len(statements), sum(rows_read(sql) for sql in statements if 'FROM "chat_message"' in sql)


def rows_read(sql):
    """Rows that came out of the tables and indexes of one SELECT."""
    plan = explained(sql)
    assert "Seq Scan on chat_message" not in plan
    scans = [line for line in plan.splitlines() if "Scan" in line]
    return sum(float(rows) * int(loops) for line in scans for rows, loops in ROWS.findall(line))


def explained(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS OFF) {sql}", parameters or None)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.fixture
def long_session(db):
    return lengthen(active_session())


def test_opening_reads_as_much_of_a_long_chat_as_of_a_short_one(long_session):
    short = lengthen(active_session(), 50)
    opened(short)

    assert opened(long_session) <= (opened(short)[0], 6 * 51)


@pytest.mark.parametrize("line", [4, 12_345, LINES])
def test_a_date_is_found_by_halving(long_session, line):
    start = long_session.messages.get(seq=3).at

    with CaptureQueriesContext(connection) as queries:
        seq = history.first_seq_at(long_session, start + (line - 3) * SPACING)

    assert seq == line
    assert rows_read(queries[0]["sql"]) < 100


@pytest.mark.parametrize("text", ["order? 7", "订单", "nowhere"])
def test_a_search_reads_one_chat_by_its_index(long_session, text):
    lengthen(active_session(), 20_000)

    with CaptureQueriesContext(connection) as queries:
        history.search(long_session, "agent", text)

    assert len(queries) == 1
    plan = explained(queries[0]["sql"])
    assert "message_one_seq" in plan
    assert "Seq Scan" not in plan
