"""Sealing: a batch of events under one Merkle root, chained to the batch before."""

import json
from datetime import UTC, datetime

from django.db import connection, transaction
from django.utils import timezone

from apps.audit import clock, leaves, merkle
from apps.audit.models import AuditSeal

LOCK = 0x61756469  # "audi": one seal at a time, and nobody waits for it
MOST = 20_000  # events of a seal, unless one transaction wrote more
GENESIS = "0" * 64

MEMBERS = """
SELECT event.id, {leaf} FROM audit_auditevent event
WHERE event.xid >= %s AND event.xid < %s ORDER BY event.xid, event.id
"""
# Where a batch ends when more than ``MOST`` events wait: a transaction is never divided.
SPLIT = """
SELECT min(xid), max(xid), count(*) FROM (
    SELECT xid FROM audit_auditevent WHERE xid >= %s AND xid < %s ORDER BY xid LIMIT %s
) waiting
"""


def seal_pending(*, now: datetime | None = None, most: int = MOST) -> int:
    """Seal what is settled, batch by batch; how many events. Safe to run twice and at the same time."""
    sealed = 0
    while seal := seal_next(now=now, most=most):
        sealed += seal.count
    return sealed


@transaction.atomic
def seal_next(*, now: datetime | None = None, most: int = MOST) -> AuditSeal | None:
    """Seal the next batch; None when nothing waits or another process is at it. Takes no lock on events."""
    if not _is_ours():
        return None
    last = AuditSeal.objects.headers().order_by("-number").first()
    lower = last.upper if last else 0
    upper = _end_of_batch(lower, clock.horizon(), most)
    return _store(last, lower, upper, now or timezone.now()) if upper else None


def _is_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return cursor.fetchone()[0]


def _end_of_batch(lower: int, settled: int, most: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(SPLIT, [lower, settled, most + 1])
        first, last, waiting = cursor.fetchone()
    if not waiting:
        return None
    if waiting <= most:
        return settled
    return last if last > first else first + 1


def _store(last: AuditSeal | None, lower: int, upper: int, now: datetime) -> AuditSeal:
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS.format(leaf=leaves.LEAF), [lower, upper])
        rows = [(pk, bytes(leaf)) for pk, leaf in cursor.fetchall()]
    seal = AuditSeal(
        number=last.number + 1 if last else 1,
        version=leaves.VERSION,
        lower=lower,
        upper=upper,
        count=len(rows),
        total=(last.total if last else 0) + len(rows),
        first_id=min(pk for pk, _leaf in rows),
        last_id=max(pk for pk, _leaf in rows),
        members=b"".join(pk.to_bytes(leaves.ID_SIZE) + leaf for pk, leaf in rows),
        root=merkle.root_of([leaf for _pk, leaf in rows]).hex(),
        previous=last.hash if last else GENESIS,
        sealed_at=now,
    )
    seal.hash = hash_of(seal)
    seal.save(force_insert=True)
    return seal


def header_of(seal: AuditSeal) -> bytes:
    """What a seal says of itself, as JSON with sorted names and no space."""
    names = ("number", "version", "lower", "upper", "count", "total", "first_id", "last_id", "root")
    said = {name: getattr(seal, name) for name in names}
    said["sealed_at"] = seal.sealed_at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def hash_of(seal: AuditSeal) -> str:
    """The hash that chains a seal to the one before."""
    return merkle.link_hash(bytes.fromhex(seal.previous), header_of(seal)).hex()
