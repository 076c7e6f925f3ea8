"""Marks of many sessions are moved by one statement, each session once."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("chat", "0007_redacted_at")]

    operations = [
        migrations.RunSQL(
            (SQL / "chat_mark_2.sql").read_text(),
            "DROP FUNCTION chat_mark(jsonb);" + (SQL / "chat_mark_1.sql").read_text(),
        ),
    ]
