import threading
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.access.actors import SYSTEM
from apps.audit import clock, leaves, merkle, sealing
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.services import record
from apps.audit.tests.tampering import recorded, sealed, settle, tamper
from apps.audit.verifying import verify

transactional = pytest.mark.django_db(transaction=True)


# Trees, against RFC 6962 word for word


def plain_root(entries):
    """§2.1, with its split at the largest power of two."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1 << (len(entries) - 1).bit_length() - 1
    return sha256(b"\x01" + plain_root(entries[:split]) + plain_root(entries[split:])).digest()


def test_the_root_is_that_of_the_reference_implementation():
    # The test vectors of certificate-transparency's merkle_tree_test.
    entries = [bytes.fromhex(text) for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
    )]  # fmt: skip

    root = merkle.root_of([merkle.leaf_hash(entry) for entry in entries])

    assert root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@settings(max_examples=60, deadline=None)
@given(entries=st.lists(st.binary(max_size=4), min_size=1, max_size=40), data=st.data())
def test_trees_and_paths_are_those_of_the_rfc(entries, data):
    hashed = [merkle.leaf_hash(entry) for entry in entries]
    place = data.draw(st.integers(0, len(entries) - 1))
    path = merkle.path_of(hashed, place)

    assert merkle.root_of(hashed) == plain_root(entries)
    assert merkle.root_by_path(hashed[place], place, len(entries), path) == plain_root(entries)
    wrong = merkle.leaf_hash(entries[place] + b"!")
    assert merkle.root_by_path(wrong, place, len(entries), path) != plain_root(entries)


# Sealing


@transactional
def test_what_is_settled_is_sealed_once():
    recorded(5)

    assert (sealed(), sealed()) == (5, 0)

    seal = AuditSeal.objects.get()
    assert (seal.number, seal.count, seal.total, seal.previous) == (1, 5, 5, "0" * 64)
    assert verify().ok


@transactional
def test_each_seal_follows_the_one_before():
    for _ in range(3):
        recorded(2)
        sealed()

    first, second, third = AuditSeal.objects.order_by("number")
    assert (second.previous, third.previous) == (first.hash, second.hash)
    assert (first.upper, second.upper) == (second.lower, third.lower)
    assert third.total == 6


@transactional
@pytest.mark.parametrize("most", [1, 3, 4])
def test_a_transaction_is_never_divided(most):
    with transaction.atomic():
        recorded(3)
    recorded(4)

    assert sealed(most=most) == 7

    assert max(AuditSeal.objects.values_list("count", flat=True)) == max(most, 3)
    assert verify().rows == 7


@transactional
def test_a_late_commit_with_a_smaller_id_is_sealed_too():
    written, finish = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            record(actor=SYSTEM, action="x:Slow")
            written.set()
            finish.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    later = record(actor=SYSTEM, action="x:Later")
    assert sealing.seal_pending() == 0  # the slow one could still come between
    finish.set()
    thread.join()

    assert sealed() == 2
    assert AuditEvent.objects.get(action="x:Slow").pk < later.pk
    assert verify().rows == 2


@transactional
def test_many_writers_and_sealers_leave_nothing_out():
    stop = threading.Event()

    def write():
        for number in range(25):
            with transaction.atomic():
                record(actor=SYSTEM, action="x:Deed", number=number)
        connection.close()

    def seal():
        while not stop.is_set():
            sealing.seal_pending(most=7)
            stop.wait(0.005)
        connection.close()

    sealers = [threading.Thread(target=seal) for _ in range(2)]
    writers = [threading.Thread(target=write) for _ in range(4)]
    for thread in [*sealers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()
    sealed()

    verdict = verify()
    assert (verdict.ok, verdict.rows, verdict.unsealed) == (True, 100, 0)
    members = [pk for seal in AuditSeal.objects.all() for pk, _leaf in leaves.split(bytes(seal.members))]
    assert len(members) == len(set(members)) == 100


@transactional
def test_sealing_waits_for_nobody_and_nobody_for_it():
    recorded(1)
    settle()
    with transaction.atomic():
        sealing.seal_next()
        done = []

        def other():
            done.append(sealing.seal_pending())
            record(actor=SYSTEM, action="x:Deed")
            connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(30)

        assert done == [0]
    assert AuditEvent.objects.count() == 2


@transactional
def test_the_same_row_has_the_same_bytes_whatever_the_connection_speaks():
    record(actor=SYSTEM, action="x:Deed", text='工单 "é" \\ \n', number=1.50, none=None)
    statement = f"SELECT {leaves.CONTENT} FROM audit_auditevent event"  # noqa: S608
    found = set()
    with connection.cursor() as cursor:
        for zone, style in (
            ("UTC", "ISO, MDY"),
            ("Asia/Shanghai", "German"),
            ("America/New_York", "SQL, DMY"),
        ):
            cursor.execute(
                f"SET TIME ZONE '{zone}'; SET DateStyle = '{style}'; SET IntervalStyle = 'sql_standard'"
            )
            cursor.execute(statement)
            found.add(bytes(cursor.fetchone()[0]))
        cursor.execute("RESET TIME ZONE; RESET DateStyle; RESET IntervalStyle")

    assert len(found) == 1


def test_every_column_is_part_of_what_is_sealed():
    assert set(leaves.COLUMNS) == {field.column for field in AuditEvent._meta.concrete_fields}


@transactional
@pytest.mark.parametrize("change", ["UPDATE audit_auditseal SET count = 9", "DELETE FROM audit_auditseal"])
def test_seals_are_append_only_too(change):
    recorded(1)
    sealed()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(change)


@transactional
def test_a_restore_into_a_server_that_counts_from_elsewhere_goes_on_counting():
    recorded(2)
    sealed()
    ahead = clock.horizon() + 1_000_000
    tamper("UPDATE audit_auditseal SET upper = %s", ahead)  # as if made where more had happened
    assert not AuditEvent.objects.filter(xid__gte=ahead).exists()

    with transaction.atomic():
        assert clock.keep_ahead()
        (pk,) = recorded(1)
        assert AuditEvent.objects.get(pk=pk).xid >= ahead
        transaction.set_rollback(True)


@transactional
def test_nothing_is_moved_while_the_count_goes_on():
    recorded(2)
    sealed()
    recorded(1)

    assert clock.keep_ahead() is False
