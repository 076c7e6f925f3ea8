"""The log's own statements, and indexes that a message does not have to rewrite.

A line of chat changes its session's row; PostgreSQL can do that in place (HOT) only when no index, and no condition
of one, names a column that changed. So lists and sweeps find sessions by what changes rarely, and the page keeps room.
"""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

SQL = Path(__file__).parent / "sql"


def _function(name: str, signature: str) -> migrations.RunSQL:
    return migrations.RunSQL((SQL / f"{name}_1.sql").read_text(), f"DROP FUNCTION {name}({signature})")


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_chatsession_product")]

    operations = [
        migrations.RemoveIndex(model_name="chatsession", name="chat_by_agent"),
        migrations.RemoveIndex(model_name="chatsession", name="chat_live_silence"),
        migrations.RemoveIndex(model_name="chatsession", name="chat_missed_answers"),
        migrations.AddIndex(
            model_name="chatsession",
            index=models.Index(fields=["agent", "status", "-id"], name="chat_by_agent"),
        ),
        migrations.AddIndex(
            model_name="chatsession",
            index=models.Index(
                condition=~Q(status="closed"), fields=["status", "inbox"], name="chat_live_by_status"
            ),
        ),
        migrations.AddIndex(
            model_name="chatsession",
            index=models.Index(
                condition=Q(customer_online=False), fields=["customer_lease_until"], name="chat_left_at"
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="chat.chatsession",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE chat_chatsession SET (fillfactor = 60)",
            "ALTER TABLE chat_chatsession RESET (fillfactor)",
        ),
        _function("chat_append", "jsonb, boolean"),
        _function("chat_mark", "jsonb"),
    ]
