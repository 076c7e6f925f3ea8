import json
import os
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from apps.audit import grants
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.tests.tampering import recorded, sealed

pytestmark = pytest.mark.django_db(transaction=True)
# Roles belong to the whole server, which other workers use too.
ROLE = f"desk_app_of_{os.environ.get('PYTEST_XDIST_WORKER', 'one')}"


@pytest.fixture
def application():
    """A connection of a second role of the server, which has what ``audit_grants`` gives."""
    given = connection.get_connection_params()
    names = ("host", "port", "dbname")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(ROLE)))
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'app'").format(sql.Identifier(ROLE)))
    call_command("audit_grants", ROLE, "--apply", stdout=StringIO())
    target = {name: given[name] for name in names}
    try:
        with psycopg.connect(**target, user=ROLE, password="app", autocommit=True) as other:
            yield other
    finally:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(sql.Identifier(ROLE)))


ATTACKS = [
    "UPDATE audit_auditevent SET actor_name = 'nobody'",
    "DELETE FROM audit_auditevent",
    "TRUNCATE audit_auditevent",
    "UPDATE audit_auditseal SET hash = ''",
    "DELETE FROM audit_auditseal",
    "TRUNCATE audit_auditseal",
    "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
    "ALTER TABLE audit_auditevent DISABLE TRIGGER audit_no_change",
    "DROP TRIGGER audit_no_change ON audit_auditevent",
    "DROP TABLE audit_auditevent",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE OR REPLACE FUNCTION audit_transaction() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "CREATE RULE away AS ON INSERT TO audit_auditevent DO INSTEAD NOTHING",
]


def test_the_application_may_add_and_nothing_else(application):
    recorded(2)
    sealed()
    before = list(AuditEvent.objects.values()), list(AuditSeal.objects.values("hash"))

    for attack in ATTACKS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute(attack)

    assert (list(AuditEvent.objects.values()), list(AuditSeal.objects.values("hash"))) == before
    application.execute(
        "INSERT INTO audit_auditevent (event_id, at, action, actor_kind, actor_name, target_type, target_id, source, "
        "request_id, user_agent, data) VALUES (gen_random_uuid(), now(), 'x:Y', 'system', '', '', '', '', '', '', '{}')"
    )
    assert AuditEvent.objects.count() == 3
    application.execute("UPDATE customers_customer SET name = name")  # the rest of the desk works


def test_the_check_tells_who_could_change_the_trail(application):
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("audit_grants", "--check", "--json", stdout=out)
    assert "superuser" in json.loads(out.getvalue())["weaknesses"][0]

    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(ROLE)))
        try:
            assert grants.weaknesses() == []
            cursor.execute("RESET ROLE")
            grant = sql.SQL("GRANT UPDATE ON audit_auditevent TO {}")
            cursor.execute(grant.format(sql.Identifier(ROLE)))
            cursor.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(ROLE)))
            assert grants.weaknesses() == ["It holds UPDATE on audit_auditevent."]
        finally:
            cursor.execute("RESET ROLE")


def test_the_statements_can_be_read_first():
    out = StringIO()
    call_command("audit_grants", "app", stdout=out)

    assert 'GRANT SELECT, INSERT ON "public"."audit_auditevent" TO "app";' in out.getvalue()
    assert 'REVOKE ALL ON "public"."audit_auditseal" FROM "app", PUBLIC;' in out.getvalue()
