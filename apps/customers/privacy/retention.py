"""How long data are kept: rules, what they would delete today, and the purges themselves.

A purge goes through its kind's rows by key, a batch a transaction. Its row is its lock and its memory: two workers
take turns at it, and one that begins anew goes on behind the last batch that was committed.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.customers.events import PurgeFailed, PurgeStarted
from apps.customers.models import LegalHold, PurgeRun, RetentionRule
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import registry
from apps.customers.privacy.enums import PurgeState
from apps.customers.privacy.errors import NotPurgeable, PurgeRunning
from apps.customers.privacy.models.retention import KEEP_MIN
from apps.customers.privacy.registry import DataKind
from apps.customers.privacy.stripping import drop_files, strip

logger = logging.getLogger(__name__)
BATCH = 200  # owners of a transaction
ROUND = 50  # batches of one run of the task
STALLED = timedelta(minutes=5)  # without progress a worker has died
NIGHTLY = timedelta(hours=20)  # between two purges of one kind


@dataclass(frozen=True)
class Preview:
    """What a rule would delete: how many, and the oldest of them."""

    before: datetime | None
    count: int
    oldest: datetime | None


def sync_rules() -> None:
    """A rule for every kind that can go by age; nothing is purged until somebody says so. Runs after migrate."""
    rules = [RetentionRule(kind=kind.slug, keep_days=kind.keep_days) for kind in registry.purgeable()]
    RetentionRule.objects.bulk_create(rules, ignore_conflicts=True)


def preview(kind: DataKind, keep_days: int | None, *, now: datetime | None = None) -> Preview:
    """What would go today if ``kind`` were kept for ``keep_days``; None is for ever. One query."""
    if keep_days is None:
        return Preview(None, 0, None)
    before = (now or timezone.now()) - timedelta(days=keep_days)
    found = due(kind, before).aggregate(count=Count("pk"), oldest=Min(kind.age))
    return Preview(before, found["count"], found["oldest"])


def due(kind: DataKind, before: datetime) -> QuerySet:
    """Owners older than ``before`` that may go: not those of customers on legal hold."""
    ripe = kind.owner._base_manager.filter(kind.ripe, **{f"{kind.age}__lt": before})
    for hold in LegalHold.objects.filter(lifted_at=None).select_related("customer"):
        kept = kind.owners_of(registry.subject_of(hold.customer))
        ripe = ripe.exclude(pk__in=kept.values("pk"))
    return ripe


def kind_named(slug: str) -> DataKind:
    """The kind; raises ``NotPurgeable`` for one that never goes by age."""
    kind = registry.kind_of(slug)
    if kind is None or not kind.age:
        raise NotPurgeable()
    return kind


@transaction.atomic
def save_rule(
    rule: RetentionRule,
    *,
    actor: Actor,
    keep_days: int | None,
    is_enabled: bool,
    now: datetime | None = None,
) -> RetentionRule:
    """Set how long a kind is kept, and whether it is purged by night. Raises ``AccessDenied`` or ``Invalid``."""
    access.require(actor, CustomerAction.MANAGE_RETENTION)
    kind_named(rule.kind)
    if keep_days is not None and keep_days < KEEP_MIN:
        raise Invalid(fields={"keep_days": [_("At least %(days)s days.") % {"days": KEEP_MIN}]})
    if is_enabled and keep_days is None:
        raise Invalid(fields={"keep_days": [_("Say for how long, or do not purge.")]})
    rule.keep_days, rule.is_enabled = keep_days, is_enabled
    audit.save_recorded(rule, actor=actor, action=CustomerAction.MANAGE_RETENTION, at=now)
    return rule


@transaction.atomic
def start_purge(kind: DataKind, *, actor: Any, now: datetime | None = None) -> PurgeRun:
    """Begin to purge ``kind`` by its rule; a worker goes on. Publishes ``PurgeStarted``.

    Raises ``AccessDenied``, ``NotPurgeable`` or ``PurgeRunning``.
    """
    access.require(actor, CustomerAction.MANAGE_RETENTION)
    now = now or timezone.now()
    keeps = RetentionRule.objects.get(kind=kind.slug).keeps
    if keeps is None:
        raise NotPurgeable()
    before = now - keeps
    try:
        with transaction.atomic():
            run = PurgeRun.objects.create(
                kind=kind.slug,
                before=before,
                counted=due(kind, before).count(),
                started_by=actor if actor.actor_kind == "user" else None,
                started_at=now,
                touched_at=now,
            )
    except IntegrityError as error:
        raise PurgeRunning() from error
    told: dict[str, Any] = {"kind": kind.slug, "before": before.isoformat(), "counted": run.counted}
    audit.record(actor=actor, action="customers:StartPurge", target=run, at=now, **told)
    publish(PurgeStarted(run.pk, now))
    return run


def run_purge(run_pk: int, *, batches: int = ROUND, size: int = BATCH, now: datetime | None = None) -> bool:
    """Up to ``batches`` batches of ``size`` owners; whether there is more to do. An error ends the run and is told."""
    for _number in range(batches):
        run = PurgeRun.objects.filter(pk=run_pk, state=PurgeState.RUNNING).first()
        if run is None:
            return False
        try:
            _batch(run, size, now or timezone.now())
        except Exception as error:
            logger.exception("The purge of %s stopped.", run.kind)
            _fail(run, size, error)
            return False
    return PurgeRun.objects.filter(pk=run_pk, state=PurgeState.RUNNING).exists()


def _batch(run: PurgeRun, size: int, now: datetime) -> None:
    """The next owners behind the cursor, if no other worker was faster. No hold is placed meanwhile."""
    kind = kind_named(run.kind)
    waiting = due(kind, run.before).filter(pk__gt=run.cursor).order_by("pk")
    keys = list(waiting.values_list("pk", flat=True)[:size])
    with transaction.atomic():
        mine = PurgeRun.objects.select_for_update().filter(
            pk=run.pk, state=PurgeState.RUNNING, cursor=run.cursor
        )
        if not mine.exists():
            return
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(LegalHold._meta.db_table)} IN SHARE MODE")
        if not keys:
            _finish(run, PurgeState.DONE, SYSTEM, now)
            return
        done = _strip(kind, run, keys, now)
        PurgeRun.objects.filter(pk=run.pk).update(cursor=keys[-1], done=F("done") + done, touched_at=now)


def _strip(kind: DataKind, run: PurgeRun, keys: list[int], now: datetime) -> int:
    """Those of ``keys`` that are still due, locked in the order of their keys: their files, then their rows."""
    rows = due(kind, run.before).filter(pk__in=keys).select_for_update(of=("self",)).order_by("pk")
    locked = [row.pk for row in rows.only("pk")]
    drop_files(kind, locked)
    strip(kind, locked, now=now)
    return len(locked)


@transaction.atomic
def _fail(run: PurgeRun, size: int, error: Exception) -> None:
    """Only the name of the error is kept: its words may quote the very row."""
    left = min(size, max(run.counted - run.done, 1))
    PurgeRun.objects.filter(pk=run.pk).update(failed=left, error=type(error).__name__)
    _finish(run, PurgeState.FAILED, SYSTEM, timezone.now())
    publish(PurgeFailed(run.pk, run.kind, timezone.now()))


def _finish(run: PurgeRun, state: PurgeState, actor: Any, now: datetime) -> None:
    over = PurgeRun.objects.filter(pk=run.pk, state=PurgeState.RUNNING)
    if over.update(state=state, finished_at=now, touched_at=now):
        run.refresh_from_db()
        told: dict[str, Any] = {"kind": run.kind, "state": str(state), "done": run.done, "error": run.error}
        audit.record(actor=actor, action="customers:EndPurge", target=run, at=now, **told)


@transaction.atomic
def stop_purge(run: PurgeRun, *, actor: Actor, now: datetime | None = None) -> PurgeRun:
    """End a purge after the batch it is at; once it is over, nothing happens. Raises ``AccessDenied``."""
    access.require(actor, CustomerAction.MANAGE_RETENTION)
    PurgeRun.objects.select_for_update().get(pk=run.pk)
    _finish(run, PurgeState.STOPPED, actor, now or timezone.now())
    run.refresh_from_db()
    return run


def sweep_purges(*, night: bool, now: datetime | None = None) -> list[int]:
    """Purges that a worker should go on with: those that stand still, and by night those that the rules ask for."""
    now = now or timezone.now()
    if night:
        for rule in RetentionRule.objects.filter(is_enabled=True, keep_days__isnull=False):
            _start_nightly(rule, now)
    still = PurgeRun.objects.filter(state=PurgeState.RUNNING, touched_at__lt=now - STALLED)
    return list(still.values_list("pk", flat=True))


def _start_nightly(rule: RetentionRule, now: datetime) -> None:
    recent = PurgeRun.objects.filter(kind=rule.kind, started_at__gt=now - NIGHTLY)
    kind = registry.kind_of(rule.kind)
    if kind is None or recent.exists():
        return
    try:
        start_purge(kind, actor=SYSTEM, now=now)
    except PurgeRunning:
        return
