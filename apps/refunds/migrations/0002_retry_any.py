"""Retrying asks about the refund: a role's own list reaches what is somebody's own, unless it says so."""

from django.db import migrations

OWN, ANY = "refunds:RetryRefund", "refunds:RetryRefundAny"


def forwards(apps, schema_editor):
    for role in apps.get_model("access", "Role").objects.filter(actions__contains=OWN):
        role.actions = sorted({*role.actions, ANY})
        role.save(update_fields=["actions"])


def backwards(apps, schema_editor):
    for role in apps.get_model("access", "Role").objects.filter(actions__contains=ANY):
        role.actions = [name for name in role.actions if name != ANY]
        role.save(update_fields=["actions"])


class Migration(migrations.Migration):
    dependencies = [("refunds", "0001_initial"), ("access", "0007_recent_grants")]

    operations = [migrations.RunPython(forwards, backwards)]
