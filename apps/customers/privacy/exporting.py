"""Copies of somebody's data: asked for, built by a worker, fetched by whoever may, deleted after their time."""

import hashlib
import logging
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access import viewing
from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.audit import services as audit
from apps.common import throttle
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.customers.events import ExportRequested
from apps.customers.models import Customer, CustomerExport
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import registry
from apps.customers.privacy.archive import Archive, Tally
from apps.customers.privacy.enums import EXPORT_OPEN, ExportState
from apps.customers.privacy.errors import ExportGone, ExportOpen
from apps.customers.privacy.wishes import lock

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)  # a worker that tells nothing for so long has died
ATTEMPTS = 3
COPIES_PER_HOUR = 60  # that one person asks for


def require_exporter(actor: User, customer: Customer) -> None:
    """Raise ``AccessDenied`` unless ``actor`` may take data out; nobody of a partner ever may."""
    access.require(actor, CustomerAction.EXPORT, customer)
    viewing.require_export(actor)


@transaction.atomic
def request_export(
    customer: Customer, *, actor: User, confirm: str, now: datetime | None = None
) -> CustomerExport:
    """Ask for a copy of everything of ``customer``; ``confirm`` repeats their public id. Publishes ``ExportRequested``.

    Raises ``AccessDenied``, ``Invalid`` without the confirmation, ``RateLimited``, ``AlreadyErased`` or ``ExportOpen``.
    """
    require_exporter(actor, customer)
    if confirm != customer.public_id:
        raise Invalid(fields={"confirm": [_("Repeat the id of the customer.")]})
    throttle.require(f"copies:{actor.pk}", limit=COPIES_PER_HOUR, window_s=3600)
    now = now or timezone.now()
    lock(customer)
    try:
        with transaction.atomic():
            export = CustomerExport.objects.create(
                customer=customer,
                language=customer.locale,
                kinds_total=len(registry.kinds()),
                requested_by=actor,
                requested_at=now,
            )
    except IntegrityError as error:
        raise ExportOpen() from error
    told: dict[str, Any] = {"export": export.public_id}
    audit.record(actor=actor, action=CustomerAction.EXPORT, target=customer, at=now, **told)
    publish(ExportRequested(export.pk, now))
    return export


def build_export(export_pk: int, *, now: datetime | None = None) -> bool:
    """Build the archive; false when another worker has it or it is over. After ``ATTEMPTS`` deaths it has failed."""
    now = now or timezone.now()
    free = Q(locked_until=None) | Q(locked_until__lte=now)
    mine = CustomerExport.objects.filter(free, pk=export_pk, state__in=EXPORT_OPEN)
    if not mine.update(
        state=ExportState.BUILDING, locked_until=now + LEASE, attempts=F("attempts") + 1, error=""
    ):
        return False
    export = CustomerExport.objects.select_related("customer").get(pk=export_pk)
    try:
        with tempfile.TemporaryDirectory(prefix="desk-export-") as folder:
            _build(export, Path(folder) / "export.zip", now)
    except Exception as error:
        logger.exception("Export %s stopped.", export.public_id)
        _note_failure(export, error)
    return True


def _build(export: CustomerExport, path: Path, now: datetime) -> None:
    def told(tally: Tally) -> None:
        counts = {"kinds_done": tally.kinds, "records": tally.records, "files": tally.files}
        _mine(export).update(locked_until=timezone.now() + LEASE, **counts)

    with translation.override(export.language):
        archive = Archive(path, export.customer, now=now)
        archive.build(registry.subject_of(export.customer), told=told)
    _keep(export, path, now)


def _mine(export: CustomerExport) -> QuerySet[CustomerExport]:
    """The row, as long as no other worker has taken it over and it is not over."""
    return CustomerExport.objects.filter(pk=export.pk, state=ExportState.BUILDING, attempts=export.attempts)


@transaction.atomic
def _keep(export: CustomerExport, path: Path, now: datetime) -> None:
    """The file at its place, under the row's lock: what lies there already is of a worker that died."""
    if _mine(export).select_for_update().first() is None:
        return
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        export.file.storage.delete(export.file.field.generate_filename(export, path.name))
        export.file.save(path.name, File(file), save=False)
    expires_at = now + timedelta(days=settings.EXPORT_KEEP_DAYS)
    CustomerExport.objects.filter(pk=export.pk).update(
        state=ExportState.READY,
        file=export.file.name,
        size=path.stat().st_size,
        digest=digest,
        ready_at=now,
        expires_at=expires_at,
        locked_until=None,
    )
    audit.record(
        actor=SYSTEM, action="customers:BuiltExport", target=export.customer, at=now, export=export.public_id
    )


def _note_failure(export: CustomerExport, error: Exception) -> None:
    state = ExportState.FAILED if export.attempts >= ATTEMPTS else ExportState.PENDING
    _mine(export).update(state=state, locked_until=None, error=type(error).__name__)


@transaction.atomic
def open_export(export: CustomerExport, *, actor: User, now: datetime | None = None) -> Any:
    """The archive, opened for reading; that it was fetched is on record. Raises ``AccessDenied`` or ``ExportGone``."""
    require_exporter(actor, export.customer)
    now = now or timezone.now()
    export.refresh_from_db()
    if export.state != ExportState.READY or export.expires_at is None or export.expires_at <= now:
        raise ExportGone()
    told: dict[str, Any] = {"export": export.public_id}
    audit.record(actor=actor, action="customers:DownloadExport", target=export.customer, at=now, **told)
    try:
        return export.file.open("rb")
    except FileNotFoundError as error:
        raise ExportGone() from error


def sweep_exports(*, now: datetime | None = None) -> list[int]:
    """Delete what is over its time; give the copies that wait for a worker, or whose worker has died."""
    now = now or timezone.now()
    for export in CustomerExport.objects.filter(state=ExportState.READY, expires_at__lte=now):
        export.file.storage.delete(str(export.file.name))
        CustomerExport.objects.filter(pk=export.pk).update(state=ExportState.EXPIRED, file="")
    given_up = CustomerExport.objects.filter(state__in=EXPORT_OPEN, attempts__gte=ATTEMPTS)
    given_up.filter(Q(locked_until=None) | Q(locked_until__lte=now)).update(state=ExportState.FAILED)
    waiting = CustomerExport.objects.filter(
        Q(locked_until=None) | Q(locked_until__lte=now), state__in=EXPORT_OPEN
    )
    return list(waiting.values_list("pk", flat=True))
