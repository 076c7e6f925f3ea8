"""Looking for the first event that is not what was sealed: altered, missing, inserted; or the first seal."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.models import Min, Q

from apps.audit import clock, leaves, merkle
from apps.audit.checkpoints import Checkpoint
from apps.audit.models import AuditEvent, AuditSeal
from apps.audit.sealing import GENESIS, hash_of

CHUNK = 100_000  # events that are looked at together: 8 MB of hashes
SEALS = 500  # seals, likewise
Signed = dict[int, list[Checkpoint]]  # by the seal

# Bucket n holds the events of the n-th seal of the chunk. Hashed in the inner query, where several processes share the
# work; what is sorted is 60 bytes an event.
STORED = """
SELECT place, pg_catalog.string_agg(member, ''::bytea ORDER BY xid, id) FROM (
    SELECT pg_catalog.width_bucket(event.xid, %s::bigint[]) AS place, event.xid, event.id, {member} AS member
    FROM audit_auditevent event WHERE event.xid >= %s AND event.xid < %s OFFSET 0
) found GROUP BY place
"""
SPEED = """
SET LOCAL work_mem = '64MB'; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0
"""


@dataclass(frozen=True)
class Broken:
    """The first thing that is not as it was sealed; ``id`` of the event, or of the first one that the seal covers."""

    id: int
    why: str
    seal: int


@dataclass
class Verdict:
    """What a walk over the trail found."""

    rows: int = 0
    seals: int = 0
    unsealed: int = 0
    checkpoints: int = 0
    vouched: int = 0  # the last seal that a checkpoint agrees with
    first_bad: Broken | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return self.first_bad is None

    @property
    def rows_per_s(self) -> int:
        return round(self.rows / self.seconds) if self.seconds else 0


def verify(*, start: int = 0, checkpoints: Iterable[Checkpoint] = ()) -> Verdict:
    """Walk over all seals, or from the one that holds event ``start``; ``checkpoints`` were signed earlier.

    What is not sealed yet is only counted. Streams: memory does not grow with the trail.
    """
    verdict, began = Verdict(), time.perf_counter()
    verdict.first_bad = _outside(Q(xid__lt=0))
    if verdict.ok:
        _walk(start, _by_seal(checkpoints), verdict)
    verdict.seconds = time.perf_counter() - began
    return verdict


def _walk(start: int, signed: Signed, verdict: Verdict) -> None:
    last = _before(start)
    for chunk in _chunks(last.number if last else 0):
        verdict.first_bad = _look_at(chunk, last, signed, verdict)
        if verdict.first_bad:
            break
        last = chunk[-1]
    else:
        verdict.first_bad = _cut_off(last, signed) or _outside(Q(xid__gt=clock.reach()))
        verdict.unsealed = AuditEvent.objects.filter(xid__gte=last.upper if last else 0).count()


def _by_seal(checkpoints: Iterable[Checkpoint]) -> Signed:
    """Every line counts: two about one seal that differ are the proof that it was rewritten."""
    signed: Signed = {}
    for checkpoint in checkpoints:
        signed.setdefault(checkpoint.seal, []).append(checkpoint)
    return signed


def _outside(where: Q) -> Broken | None:
    """An event under a number that no transaction has had: no seal would ever cover it."""
    pk = AuditEvent.objects.filter(where).aggregate(first=Min("pk"))["first"]
    why = f"Event {pk} was written under a number that no transaction has had."
    return None if pk is None else Broken(pk, why, 0)


def _before(start: int) -> AuditSeal | None:
    """The seal before the one that holds event ``start``: taken for granted."""
    if start <= 0:
        return None
    later = AuditSeal.objects.headers().filter(last_id__gte=start).order_by("number").first()
    if later is None:
        return AuditSeal.objects.headers().order_by("-number").first()
    return AuditSeal.objects.headers().filter(number__lt=later.number).order_by("-number").first()


def _chunks(number: int) -> Iterator[list[AuditSeal]]:
    """The seals after ``number`` in order, so many that their events fit into memory."""
    while until := _end_of_chunk(number):
        yield list(AuditSeal.objects.filter(number__gt=number, number__lte=until).order_by("number"))
        number = until


def _end_of_chunk(number: int) -> int:
    """The last seal of the chunk that begins after ``number``; 0 when there is none."""
    later = AuditSeal.objects.filter(number__gt=number).order_by("number")
    until = rows = 0
    for until, count in later.values_list("number", "count")[:SEALS]:
        rows += count
        if rows >= CHUNK:
            return until
    return until


def _look_at(
    chunk: list[AuditSeal], last: AuditSeal | None, signed: Signed, verdict: Verdict
) -> Broken | None:
    chained, broken = _chained(chunk, last)
    stored = _stored(chained) if chained else {}
    for place, seal in enumerate(chained, 1):
        said = signed.get(seal.number, [])
        wrong = _compare(seal, stored.get(place, b"")) or _disowned(seal, said, verdict.vouched)
        if wrong:
            return wrong
        if said:
            verdict.checkpoints, verdict.vouched = verdict.checkpoints + len(said), seal.number
        verdict.rows += seal.count
        verdict.seals += 1
    return broken


def _chained(chunk: list[AuditSeal], last: AuditSeal | None) -> tuple[list[AuditSeal], Broken | None]:
    """The seals up to the first that does not fit, and what is wrong with that one."""
    for at, seal in enumerate(chunk):
        why = _wrong_with(seal, last)
        if why:
            return chunk[:at], Broken(seal.first_id, why, seal.number)
        last = seal
    return chunk, None


def _stored(chunk: list[AuditSeal]) -> dict[int, bytes]:
    """The members that the table of events makes for each seal, by place from 1."""
    raw: Any = connection
    lowers = [seal.lower for seal in chunk]
    with transaction.atomic(), connection.cursor() as settings:
        settings.execute(SPEED)
        with psycopg.Cursor(raw.connection) as cursor:  # Django's own would bring every byte as two digits
            cursor.execute(
                STORED.format(member=leaves.MEMBER), [lowers, chunk[0].lower, chunk[-1].upper], binary=True
            )
            return dict(cursor.fetchall())


def _wrong_with(seal: AuditSeal, last: AuditSeal | None) -> str:
    """What a seal contradicts itself or its predecessor in; empty when nothing."""
    if seal.number != (last.number + 1 if last else 1):
        return f"Seal {(last.number + 1) if last else 1} is missing."
    if seal.previous != (last.hash if last else GENESIS) or seal.lower != (last.upper if last else 0):
        return f"Seal {seal.number} does not follow the seal before it: one of the two was altered."
    if seal.hash != hash_of(seal) or seal.total != (last.total if last else 0) + seal.count:
        return f"Seal {seal.number} was altered."
    return ""


def _compare(seal: AuditSeal, stored: bytes) -> Broken | None:
    members = bytes(seal.members)
    whole = len(members) == seal.count * leaves.MEMBER_SIZE
    if not whole or merkle.root_of(leaves.hashes(members)).hex() != seal.root:
        return Broken(seal.first_id, f"Seal {seal.number} was altered: its members.", seal.number)
    return None if stored == members else _first_difference(seal, members, stored)


def _first_difference(seal: AuditSeal, members: bytes, stored: bytes) -> Broken:
    sealed, found = dict(leaves.split(members)), dict(leaves.split(stored))
    for pk in sorted(sealed.keys() | found.keys()):
        if pk not in found:
            return Broken(pk, f"Event {pk} is missing{_moved(pk)}.", seal.number)
        if pk not in sealed:
            return Broken(pk, f"Event {pk} was inserted after seal {seal.number} was made.", seal.number)
        if sealed[pk] != found[pk]:
            return Broken(pk, f"Event {pk} was altered.", seal.number)
    return Broken(seal.first_id, f"Seal {seal.number} was altered: its list of ids.", seal.number)


def _moved(pk: int) -> str:
    there = AuditEvent.objects.filter(pk=pk).exists()
    return " from its place: the number of its transaction was altered" if there else ""


def _disowned(seal: AuditSeal, said: list[Checkpoint], vouched: int) -> Broken | None:
    """A chain that was made anew agrees with itself, but not with what was signed and kept elsewhere."""
    others = [
        checkpoint for checkpoint in said if (checkpoint.hash, checkpoint.total) != (seal.hash, seal.total)
    ]
    if not others:
        return None
    first = AuditSeal.objects.headers().get(number=vouched + 1)
    why = f"Seal {seal.number} is not the one that was signed on {others[0].at}: the trail was rewritten from here on."
    return Broken(first.first_id, why, first.number)


def _cut_off(last: AuditSeal | None, signed: Signed) -> Broken | None:
    """Seals that were signed and are not there any more."""
    number, event = (last.number, last.last_id) if last else (0, 0)
    gone = [seal for seal in signed if seal > number]
    if not gone:
        return None
    signed_on = signed[min(gone)][0].at
    return Broken(
        event + 1, f"Seal {number + 1} is missing: a later one was signed on {signed_on}.", number + 1
    )
