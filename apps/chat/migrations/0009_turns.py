"""Lines of one session share a batch, in turns; and no plan reads a whole session, or all tombstones.

Sockets that run the code of before meanwhile ask as they used to.
"""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
OLD = """
CREATE OR REPLACE FUNCTION chat_append(batch jsonb, wait boolean DEFAULT true)
RETURNS TABLE (session bigint, outcome text, seq integer, prev integer, at timestamptz, status text)
LANGUAGE sql AS $$
    SELECT session, outcome, seq, prev, at, status FROM chat_append(ARRAY[batch], wait)
$$;
"""
BACK = "DROP FUNCTION chat_append(jsonb, boolean); DROP FUNCTION chat_append(jsonb[], boolean);"


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_marks_at_once")]

    operations = [
        migrations.RunSQL(
            (SQL / "chat_append_2.sql").read_text() + OLD,
            BACK + (SQL / "chat_append_1.sql").read_text(),
        ),
        migrations.RunSQL((SQL / "chat_mark_3.sql").read_text(), (SQL / "chat_mark_2.sql").read_text()),
    ]
