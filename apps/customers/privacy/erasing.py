"""Erasing a customer: one person asks, another confirms, a worker goes through all kinds of data.

Confirming cuts the customer off in one transaction: nobody can come back as them, and by what else their data are found
is written down, so that every later step can be repeated. Each step erases one kind and says so in one transaction.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import DomainError, Invalid
from apps.common.events import publish
from apps.customers.events import CustomerErased, ErasureConfirmed
from apps.customers.models import Customer, Erasure, ErasureStep
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import registry
from apps.customers.privacy.certificate import certify
from apps.customers.privacy.enums import ERASURE_OPEN, ErasureReason, ErasureState
from apps.customers.privacy.errors import ErasureOpen, ErasureSettled, OnHold, SecondPerson
from apps.customers.privacy.registry import DataKind, Subject
from apps.customers.privacy.stripping import FILES, drop_files, strip
from apps.customers.privacy.wishes import checked_reference, hold_of, lock

logger = logging.getLogger(__name__)
CHUNK = 500  # owners at once


class Blocked(DomainError):
    """Something has to end first; ``code`` is that of what stands in the way."""

    def __init__(self, found: registry.Blocker) -> None:
        super().__init__(found.detail)
        self.code = found.code


@transaction.atomic
def request_erasure(
    customer: Customer, *, actor: User, reason: str, reference: str = "", now: datetime | None = None
) -> Erasure:
    """Ask for everything of ``customer`` to go. Nothing happens until a second person confirms.

    Raises ``AccessDenied``, ``Invalid``, ``AlreadyErased``, ``ErasureOpen``, ``OnHold``, or ``Blocked``.
    """
    access.require(actor, CustomerAction.ERASE, customer)
    if reason not in ErasureReason:
        raise Invalid(fields={"reason": [_("There is no such reason.")]})
    now = now or timezone.now()
    require_erasable(lock(customer))
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                customer=customer,
                reason=reason,
                reference=checked_reference(reference),
                requested_by=actor,
                requested_at=now,
            )
    except IntegrityError as error:
        raise ErasureOpen() from error
    audit.record(actor=actor, action=CustomerAction.ERASE, target=customer, at=now, erasure=erasure.public_id)
    return erasure


def require_erasable(customer: Customer) -> None:
    """Raise ``OnHold`` or ``Blocked`` when the data of ``customer`` have to stay for now."""
    hold = hold_of(customer)
    if hold is not None:
        raise OnHold(_("This customer is on legal hold: %(reason)s") % {"reason": hold.reason})
    found = registry.blockers_of(customer)
    if found:
        raise Blocked(found[0])


@transaction.atomic
def confirm_erasure(erasure: Erasure, *, actor: User, now: datetime | None = None) -> Erasure:
    """Begin: from here on nothing leads back to the customer. A worker does the rest.

    Publishes ``ErasureConfirmed``. Raises ``AccessDenied``, ``SecondPerson``, ``ErasureSettled``, ``OnHold``, or
    ``Blocked``.
    """
    access.require(actor, CustomerAction.CONFIRM_ERASURE, erasure.customer)
    access.require_person(actor)
    now = now or timezone.now()
    # The customer before the erasure, as when it is asked for.
    customer = Customer.objects.select_for_update().get(pk=erasure.customer_id)
    row = _undecided(erasure, actor)
    require_erasable(customer)
    subject = registry.subject_of(customer)
    row.state, row.decided_by, row.decided_at = ErasureState.RUNNING, actor, now
    row.traces = dict(subject.traces)
    row.save()
    Customer.objects.filter(pk=customer.pk).update(erased_at=now)
    ErasureStep.objects.bulk_create(ErasureStep(erasure=row, kind=kind.slug) for kind in registry.kinds())
    for kind in registry.kinds():
        if kind.first:
            _take(row, kind, subject, now)
    told: dict[str, Any] = {"erasure": row.public_id}
    audit.record(actor=actor, action=CustomerAction.CONFIRM_ERASURE, target=customer, at=now, **told)
    publish(ErasureConfirmed(row.pk, now))
    return row


def _undecided(erasure: Erasure, actor: User) -> Erasure:
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if row.state != ErasureState.REQUESTED:
        raise ErasureSettled()
    if actor.is_behind(row.requested_by):
        raise SecondPerson()
    return row


@transaction.atomic
def reject_erasure(erasure: Erasure, *, actor: User, now: datetime | None = None) -> Erasure:
    """Nothing is erased; whoever asked withdraws it so. Raises ``AccessDenied`` or ``ErasureSettled``."""
    now = now or timezone.now()
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if row.state != ErasureState.REQUESTED:
        raise ErasureSettled()
    if row.requested_by_id == actor.pk:
        row.state = ErasureState.WITHDRAWN
    else:
        access.require(actor, CustomerAction.CONFIRM_ERASURE, row.customer)
        row.state, row.decided_by, row.decided_at = ErasureState.REJECTED, actor, now
    row.finished_at = now
    row.save()
    told: dict[str, Any] = {"erasure": row.public_id, "state": row.state}
    audit.record(actor=actor, action="customers:RejectErasure", target=row.customer, at=now, **told)
    return row


def run_erasure(erasure_pk: int, *, now: datetime | None = None) -> bool:
    """Erase what is left, kind by kind; whether all is done. Safe to repeat, and for two workers at once.

    A kind that is not ready, or fails, is tried again by the next run; the others do not wait for it.
    """
    erasure = Erasure.objects.filter(pk=erasure_pk, state=ErasureState.RUNNING).first()
    if erasure is None:
        return True
    subject = Subject(erasure.customer_id, erasure.traces)
    failed = ""
    for slug in list(erasure.steps.filter(done_at=None).values_list("kind", flat=True)):
        kind = registry.kind_of(slug)
        if kind is None:  # an app that has gone; somebody has to look
            failed = f"{slug}: unknown"
            continue
        try:
            if kind.ready(subject):
                erase_kind(erasure, kind, subject, now or timezone.now())
        except Exception as error:  # its words may quote the very row that is to go
            logger.exception("Erasing %s stopped.", slug)
            failed = f"{slug}: {type(error).__name__}"
    Erasure.objects.filter(pk=erasure.pk).update(error=failed[:300])
    return _finish(erasure.pk, now or timezone.now())


def erase_kind(erasure: Erasure, kind: DataKind, subject: Subject, now: datetime) -> None:
    """One kind: its files, then its rows and that it is done, together."""
    files = drop_files(kind, kind.owners_of(subject).values("pk"))
    with transaction.atomic():
        _take(erasure, kind, subject, now, files=files)


def _take(erasure: Erasure, kind: DataKind, subject: Subject, now: datetime, *, files: int = 0) -> None:
    """Under the step's lock, unless another worker has done it."""
    step = ErasureStep.objects.select_for_update().get(erasure=erasure, kind=kind.slug)
    if step.done_at is not None:
        return
    counts: dict[str, int] = {FILES: files} if files else {}
    owners = kind.owners_of(subject)
    kind.above(owners)
    keys = [row.pk for row in owners.select_for_update(of=("self",)).order_by("pk").only("pk")]
    for start in range(0, len(keys), CHUNK):
        for label, rows in strip(kind, keys[start : start + CHUNK], now=now).items():
            counts[label] = counts.get(label, 0) + rows
    step.counts, step.done_at = counts, now
    step.save()


@transaction.atomic
def _finish(erasure_pk: int, now: datetime) -> bool:
    """Write the certificate once nothing is left. Publishes ``CustomerErased``."""
    row = Erasure.objects.select_for_update().get(pk=erasure_pk)
    if row.state != ErasureState.RUNNING:
        return True
    if row.steps.filter(done_at=None).exists():
        return False
    row.state, row.finished_at, row.traces = ErasureState.DONE, now, {}
    row.certificate, row.digest = certify(row)
    row.save()
    told: dict[str, Any] = {"erasure": row.public_id, "certificate": row.digest}
    # Whoever confirmed it did it; the worker only had the time.
    audit.record(actor=row.decided_by, action="customers:Erased", target=row.customer, at=now, **told)
    publish(CustomerErased(row.customer_id, now))
    return True


def unfinished() -> list[int]:
    """Erasures that a worker should go on with."""
    return list(Erasure.objects.filter(state=ErasureState.RUNNING).values_list("pk", flat=True))


def open_erasure_of(customer: Customer) -> Erasure | None:
    """The one that was asked for or is running."""
    return Erasure.objects.filter(customer=customer, state__in=ERASURE_OPEN).first()
