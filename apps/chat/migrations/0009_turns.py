"""Lines of one session share a batch, in turns; and no plan reads a whole session, or all tombstones."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_marks_at_once")]

    operations = [
        migrations.AlterField(
            model_name="cancelledref",
            name="session",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="cancelled_refs",
                to="chat.chatsession",
            ),
        ),
        migrations.RunSQL(
            (SQL / "chat_append_2.sql").read_text(),
            "DROP FUNCTION chat_append(jsonb, boolean);" + (SQL / "chat_append_1.sql").read_text(),
        ),
        migrations.RunSQL(
            (SQL / "chat_mark_3.sql").read_text(),
            "DROP FUNCTION chat_mark(jsonb, boolean);" + (SQL / "chat_mark_2.sql").read_text(),
        ),
    ]
