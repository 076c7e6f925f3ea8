"""Who made a program, and who saw a token of it, where that was not kept yet: the trail has it."""

from django.db import migrations


def noted(apps, action):
    """Targets and the people who did it to them, the oldest first: of a program, whoever made that."""
    people = apps.get_model("access", "User").objects
    events = apps.get_model("audit", "AuditEvent").objects.filter(
        action=action, actor_kind="user", is_read=False, error_code=""
    )
    events = events.exclude(data__has_key="stopped")  # of a program, which is on record by the same action
    for target, actor in events.order_by("pk").values_list("target_id", "actor_id"):
        person = people.filter(pk=actor).first()
        if person is not None:
            yield target, person.created_by_id or person.pk


def forwards(apps, schema_editor):
    programs = apps.get_model("access", "User").objects.filter(is_api_client=True, created_by=None)
    for program, maker in noted(apps, "access:CreateApiClient"):
        programs.filter(pk=program).exclude(pk=maker).update(created_by=maker)
    tokens = apps.get_model("access", "ApiToken").objects.filter(session=None, issued_by=None)
    for token, issuer in noted(apps, "access:CreateToken"):
        tokens.filter(pk=token).update(issued_by=issuer)


class Migration(migrations.Migration):
    dependencies = [("access", "0009_tokens_issued_by"), ("audit", "0003_numbers_of_transactions")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
