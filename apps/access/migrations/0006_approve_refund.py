"""Refunds are approved by ``refunds:ApproveRefund``, as RAM would name it; what was stored says so too."""

from fnmatch import fnmatchcase

from django.db import migrations

OLD, NEW = "refunds:DecideRefund", "refunds:ApproveRefund"
ANY = NEW + "Any"


def renamed(names, old, new):
    """The patterns of actions with ``new`` for ``old``; one that meant ``old`` among others gets ``new`` beside it."""
    found = []
    for name in names:
        exact = name.lower() == old.lower()
        found.append(new if exact else name)
        pattern = name.lower()
        if not exact and fnmatchcase(old.lower(), pattern) and not fnmatchcase(new.lower(), pattern):
            found.append(new)
    return list(dict.fromkeys(found))


def rewritten(document, old, new):
    """A policy document; the same object if nothing in it changes."""
    changed = False
    statements = []
    for statement in document["Statement"]:
        written = statement["Action"]
        names = renamed(written if isinstance(written, list) else [written], old, new)
        action = names if isinstance(written, list) or len(names) > 1 else names[0]
        changed = changed or action != written
        statements.append({**statement, "Action": action})
    return {**document, "Statement": statements} if changed else document


def rewrite(apps, old, new):
    for name, field in (("Role", "actions"), ("ApiToken", "scopes")):
        for row in apps.get_model("access", name).objects.exclude(**{field: []}).iterator():
            names = renamed(getattr(row, field), old, new)
            if name == "Role" and old == OLD and new in names:
                names.append(ANY)  # a role's own list reaches what is somebody's own, unless it says so
            if names != getattr(row, field):
                setattr(row, field, sorted(names))
                row.save(update_fields=[field])
    for name, field in (("Policy", "document"), ("PolicyVersion", "document"), ("RoleSession", "policy")):
        for row in apps.get_model("access", name).objects.filter(**{f"{field}__isnull": False}).iterator():
            document = rewritten(getattr(row, field), old, new)
            if document is not getattr(row, field):
                setattr(row, field, document)
                row.save(update_fields=[field])


def forwards(apps, schema_editor):
    rewrite(apps, OLD, NEW)


def backwards(apps, schema_editor):
    for role in apps.get_model("access", "Role").objects.filter(actions__contains=ANY):
        role.actions = [name for name in role.actions if name != ANY]
        role.save(update_fields=["actions"])
    rewrite(apps, NEW, OLD)


class Migration(migrations.Migration):
    dependencies = [("access", "0005_sign_ins_and_lock_outs")]

    operations = [migrations.RunPython(forwards, backwards)]
