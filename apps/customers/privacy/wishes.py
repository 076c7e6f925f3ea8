"""What customers agreed to, and what keeps their data from going."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.customers.models import Consent, Customer, LegalHold
from apps.customers.permissions import CustomerAction
from apps.customers.privacy.enums import ConsentPurpose, ConsentSource
from apps.customers.privacy.errors import AlreadyErased, OnHold
from apps.customers.privacy.models.base import validate_reference

REASON_MAX = 200


@transaction.atomic
def record_consent(
    customer: Customer,
    *,
    actor: Actor,
    purpose: str,
    is_given: bool,
    source: str,
    reference: str = "",
    now: datetime | None = None,
) -> Consent:
    """Note that ``customer`` agrees to ``purpose`` or no longer does; the same again is the row that counts already.

    Allowed to the customer and to staff with ``RECORD_CONSENT``. Raises ``AccessDenied``, ``AlreadyErased`` or
    ``Invalid``.
    """
    if actor != customer:
        access.require(actor, CustomerAction.RECORD_CONSENT, customer)
    if purpose not in ConsentPurpose or source not in ConsentSource:
        raise Invalid(_("There is no such purpose or source."))
    reference = checked_reference(reference)
    now = now or timezone.now()
    lock(customer)
    newest = Consent.objects.filter(customer=customer, purpose=purpose).order_by("-pk").first()
    if newest is not None and newest.is_given == is_given:
        return newest
    row = Consent.objects.create(
        customer=customer,
        purpose=purpose,
        is_given=is_given,
        source=source,
        reference=reference,
        recorded_by=actor if isinstance(actor, User) else None,
        at=now,
    )
    told: dict[str, Any] = {"purpose": purpose, "given": is_given, "source": source}
    audit.record(actor=actor, action=CustomerAction.RECORD_CONSENT, target=customer, at=now, **told)
    return row


def checked_reference(text: str) -> str:
    """A key under which something can be looked up. Raises ``Invalid``."""
    text = text.strip()
    try:
        if text:
            validate_reference(text)
    except ValidationError as error:
        raise Invalid(fields={"reference": error.messages}) from error
    if len(text) > 64:
        raise Invalid(fields={"reference": [_("At most 64 characters.")]})
    return text


def lock(customer: Customer) -> Customer:
    """The customer, locked against whatever refers to them anew. Raises ``AlreadyErased``."""
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.erased_at is not None:
        raise AlreadyErased()
    return row


@transaction.atomic
def place_hold(customer: Customer, *, actor: User, reason: str, now: datetime | None = None) -> LegalHold:
    """Keep everything of ``customer`` until the hold is lifted. Raises ``AccessDenied``, ``Invalid`` or ``OnHold``."""
    access.require(actor, CustomerAction.HOLD, customer)
    reason = " ".join(reason.split())[:REASON_MAX]
    if not reason:
        raise Invalid(fields={"reason": [_("Say why.")]})
    now = now or timezone.now()
    lock(customer)
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(customer=customer, reason=reason, placed_by=actor, placed_at=now)
    except IntegrityError as error:
        raise OnHold() from error
    audit.record(actor=actor, action=CustomerAction.HOLD, target=customer, at=now, placed=True)
    return hold


@transaction.atomic
def lift_hold(customer: Customer, *, actor: User, now: datetime | None = None) -> None:
    """The data may go again; without a hold nothing happens. Raises ``AccessDenied``."""
    access.require(actor, CustomerAction.HOLD, customer)
    now = now or timezone.now()
    live = LegalHold.objects.filter(customer=customer, lifted_at=None)
    if live.update(lifted_at=now, lifted_by=actor):
        audit.record(actor=actor, action=CustomerAction.HOLD, target=customer, at=now, placed=False)


def hold_of(customer: Customer) -> LegalHold | None:
    """The hold in force."""
    return LegalHold.objects.filter(customer=customer, lifted_at=None).select_related("placed_by").first()
