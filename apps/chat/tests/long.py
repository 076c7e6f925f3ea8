"""Chats with very many messages, written by one statement."""

from datetime import timedelta

from django.db import connection, transaction

from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import customer_says

LINES = 50_000
TABLE = Message._meta.db_table
SPACING = timedelta(seconds=10)  # between two lines


@transaction.atomic
def lengthen(session: ChatSession, lines: int = LINES) -> ChatSession:
    """Copies of one line of the customer until ``session`` has ``lines``, each ``SPACING`` after the one before.

    The first of them locks the session: whoever else would write into it, as the robot does, waits for the last.
    """
    start = customer_says(session, "Where is my order?", now=session.opened_at).seq
    model = Message.objects.get(session=session, seq=start)
    made = {
        "seq": "line",
        "prev_public_seq": "line - 1",
        "ref": "gen_random_uuid()",
        "body": "'Where is my order? ' || line",
        "at": "at + (line - seq) * %(spacing)s",
    }
    columns = [field.column for field in Message._meta.concrete_fields if not field.primary_key]
    values = ", ".join(made.get(column, column) for column in columns)
    copy = f"INSERT INTO {TABLE} ({', '.join(columns)}) SELECT {values} FROM {TABLE}"  # noqa: S608
    series = f"generate_series({start + 1}, {lines}) line"
    with connection.cursor() as cursor:
        cursor.execute(f"{copy}, {series} WHERE id = {model.pk}", {"spacing": SPACING})
        cursor.execute(f"ANALYZE {TABLE}")
    ChatSession.objects.filter(pk=session.pk).update(last_seq=lines, last_public_seq=lines)
    session.refresh_from_db()
    return session
