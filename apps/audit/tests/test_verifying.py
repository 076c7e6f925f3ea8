import json

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from apps.access.actors import SYSTEM
from apps.audit import leaves
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.sealing import hash_of
from apps.audit.services import record
from apps.audit.tests.tampering import recorded, run, sealed, tamper, without_triggers
from apps.audit.verifying import verify

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = [
    name for name in leaves.COLUMNS if AuditEvent._meta.get_field(name).get_internal_type() == "CharField"
]


def test_an_honest_trail_is_whole(trail):
    found, code = run()

    assert code == 0
    assert found.pop("seconds") >= 0
    assert found.pop("rows_per_s") > 0
    assert found == {
        "rows": 12, "seals": 3, "unsealed": 1, "checkpoints": 0, "ok": True, "first_bad": None,
    }  # fmt: skip


def test_nothing_at_all_is_whole():
    found, code = run()

    assert (found["rows"], found["seals"], found["ok"], found["rows_per_s"], code) == (0, 0, True, 0, 0)


def insert_between(trail):
    """An event that looks as if it had been there: its transaction is that of another."""
    columns = ", ".join(
        f.column for f in AuditEvent._meta.concrete_fields if f.column not in ("id", "event_id")
    )
    copied = f"INSERT INTO audit_auditevent (id, event_id, {columns}) SELECT id + 1000, gen_random_uuid(), {columns} "
    tamper(copied + "FROM audit_auditevent WHERE id = %s", trail[5])


def event(change, *places):
    """An attack on the events at ``places`` of the trail."""

    def attack(trail):
        for place in places:
            tamper(f"{change} WHERE id = %s", trail[place])

    return attack


def set_event(column, value, *places):
    return event(f"UPDATE audit_auditevent SET {column} = {value}", *places)  # noqa: S608


def set_seal(column, value):
    return lambda trail: tamper(f"UPDATE audit_auditseal SET {column} = {value} WHERE number = 2")  # noqa: S608


def no_seal(number):
    return lambda trail: tamper("DELETE FROM audit_auditseal WHERE number = %s", number)


NO_EVENT = "DELETE FROM audit_auditevent"
ZEROS = "repeat('0', 64)"
FLIPPED = "set_byte(members, 60, 1 # get_byte(members, 60))"
ATTACKS = {
    "altered": (set_event("actor_name", "'nobody'", 5), 5, "altered"),
    "another time": (set_event("at", "at + interval '1 us'", 5), 5, "altered"),
    "removed": (event(NO_EVENT, 5), 5, "missing"),
    "removed at the end of a seal": (event(NO_EVENT, 7), 7, "missing"),
    "moved out of its seal": (set_event("xid", "xid + 1000000", 5), 5, "missing from its place"),
    "given another id": (set_event("id", "id + 5000", 5), 5, "missing"),
    "all removed": (event(NO_EVENT, *range(12)), 0, "missing"),
    "the earlier of two": (set_event("ip", "'203.0.113.1'", 9, 2), 2, "altered"),
    "count of a seal": (set_seal("count", "3"), 4, "Seal 2 was altered"),
    "time of a seal": (set_seal("sealed_at", "now()"), 4, "Seal 2 was altered"),
    "root of a seal": (set_seal("root", ZEROS), 4, "Seal 2 was altered"),
    "hash of a seal": (set_seal("hash", ZEROS), 4, "Seal 2 was altered"),
    "members of a seal": (set_seal("members", FLIPPED), 4, "its members"),
    "ids of a seal": (set_seal("members", "set_byte(members, 1, 9)"), 4, "inserted"),
    "a seal removed": (no_seal(2), 8, "Seal 2 is missing"),
    "the first seal removed": (no_seal(1), 4, "Seal 1 is missing"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_a_superuser_does_is_named(trail, name):
    attack, place, why = ATTACKS[name]
    attack(trail)

    found, code = run()

    assert (code, found["ok"], found["first_bad"]["id"]) == (1, False, trail[place])
    assert why in found["first_bad"]["why"]


def test_an_inserted_event_is_named(trail):
    insert_between(trail)

    found, code = run()

    assert (code, found["first_bad"]["id"], found["first_bad"]["seal"]) == (1, trail[5] + 1000, 2)
    assert "inserted" in found["first_bad"]["why"]


@pytest.mark.parametrize("number", [-1, -(2**63), 2**62])
def test_an_event_under_a_number_that_no_seal_covers_is_named(trail, number):
    with without_triggers() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DROP CONSTRAINT audit_xid_not_negative")
        cursor.execute("UPDATE audit_auditevent SET xid = %s WHERE id = %s", [number, trail[12]])
        cursor.execute(
            "ALTER TABLE audit_auditevent ADD CONSTRAINT audit_xid_not_negative CHECK (xid >= 0) NOT VALID"
        )

    found, code = run()

    assert (code, found["first_bad"]["id"]) == (1, trail[12])
    assert "no transaction" in found["first_bad"]["why"]
    assert verify(start=trail[9]).first_bad.id == trail[12]


def test_a_seal_that_was_made_anew_alone_does_not_fit_the_next(trail):
    tamper("UPDATE audit_auditseal SET sealed_at = now() WHERE number = 2")
    tamper("UPDATE audit_auditseal SET hash = %s WHERE number = 2", hash_of(AuditSeal.objects.get(number=2)))

    found, _code = run()

    assert (found["first_bad"]["seal"], found["first_bad"]["id"]) == (3, trail[8])
    assert "does not follow" in found["first_bad"]["why"]


def test_one_may_start_later(trail):
    tamper("DELETE FROM audit_auditevent WHERE id = %s", trail[1])

    assert run()[0]["first_bad"]["id"] == trail[1]
    assert [run("--from", str(trail[place]))[0]["rows"] for place in (4, 9, 12)] == [8, 4, 0]


def put(column, value, pk):
    return tamper(f"UPDATE audit_auditevent SET {column} = %s WHERE id = %s", value, pk)  # noqa: S608


@hypothesis(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_of_any_sealed_event_is_found(data):
    """Text columns byte by byte; the others by any other value."""
    if not AuditEvent.objects.exists():
        record(actor=SYSTEM, action="x:Deed", request="工单")
        recorded(4, text="text")
        sealed()
    pk = data.draw(st.sampled_from(sorted(AuditEvent.objects.values_list("pk", flat=True))))
    column = data.draw(st.sampled_from(["content", *TEXTS]))
    before = AuditEvent.objects.filter(pk=pk).values().get()
    if column == "content":
        changed = data.draw(st.dictionaries(st.sampled_from("abc"), st.integers(), min_size=1))
        tamper("UPDATE audit_auditevent SET data = %s::jsonb WHERE id = %s", json.dumps(changed), pk)
    else:
        old = before[column]
        limit = AuditEvent._meta.get_field(column).max_length
        at = data.draw(st.integers(0, len(old)))
        letter = data.draw(st.characters(codec="utf-8", exclude_characters="\x00" + old[at : at + 1]))
        new = (old[:at] + letter + old[at + 1 :])[:limit]
        put(column, new, pk)

    verdict = verify()

    assert (verdict.ok, verdict.first_bad and verdict.first_bad.id) == (False, pk)
    restore = {"content": ("data", json.dumps(before["data"]))}.get(column, (column, before.get(column)))
    put(*restore, pk)
    assert verify().ok


def test_a_redefined_function_of_the_database_hides_nothing(trail):
    """Whoever owns the database may define functions and say where they are looked for first."""
    tamper("UPDATE audit_auditevent SET actor_name = 'nobody' WHERE id = %s", trail[5])
    honest = "SELECT set_byte(pg_catalog.sha256($1), 0, 0)"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE SCHEMA evil; CREATE FUNCTION evil.sha256(bytea) RETURNS bytea LANGUAGE sql AS '{honest}'"
        )
        cursor.execute("SET LOCAL search_path = evil, pg_catalog, public")
        cursor.execute("SELECT get_byte(sha256(''), 0)")
        assert cursor.fetchone() == (0,)  # it would be found

        assert run()[0]["first_bad"]["id"] == trail[5]
        transaction.set_rollback(True)
