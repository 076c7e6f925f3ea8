"""What somebody with all rights on the database can do to the trail, and how tests seal and verify it."""

import json
import time
from contextlib import contextmanager
from io import StringIO

from django.core.management import call_command
from django.db import connection, transaction

from apps.access.actors import SYSTEM
from apps.audit import clock, sealing
from apps.audit.models import AuditEvent
from apps.audit.services import record


def recorded(count, **data):
    """Events in transactions of their own; their keys."""
    return [record(actor=SYSTEM, action="x:Deed", number=number, **data).pk for number in range(count)]


def settle(*, within=120):
    """Wait until no transaction is under way that could still write: those of other tests share the server."""
    newest = AuditEvent.objects.order_by("-xid").values_list("xid", flat=True).first() or 0
    until = time.monotonic() + within
    while clock.horizon() <= newest:
        assert time.monotonic() < until, "a transaction has been open for too long"
        time.sleep(0.02)


def sealed(*, most=sealing.MOST):
    """Seal everything there is; how many events."""
    settle()
    return sealing.seal_pending(most=most)


@contextmanager
def without_triggers():
    """As a superuser who switches the triggers off; commits."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor


def tamper(statement, *values):
    with without_triggers() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def remake_chain():
    """Seal everything anew, as the one who holds the database can."""
    tamper("DELETE FROM audit_auditseal")
    return sealed(most=4)


def run(*arguments):
    """What the command prints as JSON, and its exit code."""
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, "--json", stdout=out)
    except SystemExit as ended:
        return json.loads(out.getvalue()), ended.code
    return json.loads(out.getvalue()), 0
