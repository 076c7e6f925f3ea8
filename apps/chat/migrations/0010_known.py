"""A line is found by its ref without reading another, whatever the planner believes."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("chat", "0009_turns")]

    operations = [
        migrations.RunSQL((SQL / "chat_known_1.sql").read_text(), "DROP FUNCTION chat_known(bigint, uuid)"),
    ]
