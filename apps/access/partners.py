"""Changes of outsourcing partners, and their end."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import SYSTEM, Actor
from apps.access.events import AccessChanged
from apps.access.models import ApiToken, User, Vendor
from apps.access.permissions import AccessAction
from apps.access.vendors import VendorFull
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import publish


@transaction.atomic
def create_vendor(*, actor: Actor, **fields: Any) -> Vendor:
    """A new partner. Raises ``AccessDenied``, or ``Invalid`` with the fields that are not valid."""
    return save_vendor(Vendor(**fields), actor=actor, changed=sorted(fields))


@transaction.atomic
def update_vendor(vendor: Vendor, *, actor: Actor, **changes: Any) -> Vendor:
    """Change a partner; ``is_active: False`` shuts its people out at once. Raises as ``save_vendor``."""
    access.require(actor, AccessAction.MANAGE_VENDORS)
    vendor = Vendor.objects.select_for_update().get(pk=vendor.pk)
    for name, value in changes.items():
        setattr(vendor, name, value)
    return save_vendor(vendor, actor=actor, changed=sorted(changes))


@transaction.atomic
def save_vendor(
    vendor: Vendor, *, actor: Actor, changed: Iterable[str] = (), now: datetime | None = None
) -> Vendor:
    """Store a partner; a later last day takes back an end that was carried out, its people stay inactive.

    Raises ``AccessDenied``, ``Invalid``, or ``VendorFull`` for fewer places than are taken.
    """
    access.require(actor, AccessAction.MANAGE_VENDORS)
    _require_of_the_desk(actor)
    if vendor.pk is not None:
        Vendor.objects.select_for_update().get(pk=vendor.pk)
    _validate(vendor)
    if vendor.pk is not None and vendor.users.filter(is_active=True).count() > vendor.max_heads:
        raise VendorFull(_("More of its people are active than that."))
    if not vendor.is_over(now or timezone.now()):
        vendor.ended_at = None
    vendor.save()
    facts = {"changed": sorted(changed), "active": vendor.is_active, "ends_on": str(vendor.ends_on or "")}
    publish(AccessChanged(AccessAction.MANAGE_VENDORS, actor, vendor, facts))
    return vendor


def _require_of_the_desk(actor: Actor) -> None:
    """Nobody loosens what bounds themselves, nor renames the partner that policies ask for."""
    if isinstance(actor, User) and actor.vendor_id is not None and not actor.is_superuser:
        raise AccessDenied()


def _validate(vendor: Vendor) -> None:
    try:
        vendor.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error


def end_vendors(*, now: datetime | None = None) -> int:
    """Off-board the partners whose last day is past, each exactly once; how many. Safe in parallel."""
    now = now or timezone.now()
    due = [row for row in Vendor.objects.filter(ended_at=None).exclude(ends_on=None) if row.is_over(now)]
    return sum(_end(row.pk, now) for row in due)


@transaction.atomic
def _end(vendor_pk: int, now: datetime) -> bool:
    """Nobody of it can sign in again: users are inactive, tokens revoked; sockets follow with the next sweep."""
    vendor = Vendor.objects.select_for_update().get(pk=vendor_pk)
    if vendor.ended_at is not None or not vendor.is_over(now):
        return False
    people = list(vendor.users.filter(is_active=True).order_by("pk"))
    User.objects.filter(pk__in=[user.pk for user in people]).update(is_active=False)
    tokens = ApiToken.objects.filter(user__vendor=vendor, revoked_at=None).update(revoked_at=now)
    vendor.ended_at = now
    vendor.save(update_fields=["ended_at"])
    for user in people:
        publish(
            AccessChanged(AccessAction.OFF_BOARD, SYSTEM, user, {"vendor": vendor.slug, "is_active": False})
        )
    facts = {"people": [user.pk for user in people], "tokens": tokens, "ends_on": str(vendor.ends_on)}
    publish(AccessChanged(AccessAction.OFF_BOARD, SYSTEM, vendor, facts))
    return True
