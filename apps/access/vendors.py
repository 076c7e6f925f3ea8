"""Outsourcing partners: whom they may send, from where, when, and until which day. Their changes: see ``partners``."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.access.models import User, Vendor
from apps.access.models.hours import minutes_of
from apps.common.errors import AccessDenied, DomainError

ENDED, INACTIVE = "vendor_ended", "vendor_inactive"
OUTSIDE_HOURS, OUTSIDE_NETWORK = "outside_hours", "outside_network"


class VendorFull(DomainError):
    """As many people as were agreed work for this partner already."""

    code = "vendor_full"
    default_detail = _("This partner has as many active people as were agreed.")


def refuses(user: User, *, now: datetime, ip: str | None) -> str:
    """Why the partner who employs ``user`` lets nobody in now from ``ip``: one of the codes above, or "".

    No query for the desk's own people, nor when ``user.vendor`` is loaded. An address of None is one that nobody knows.
    """
    vendor = user.vendor if user.vendor_id is not None else None
    if vendor is None:
        return ""
    if not vendor.is_active:
        return INACTIVE
    if vendor.ended_at is not None or vendor.is_over(now):
        return ENDED
    if not vendor.is_within_hours(now):
        return OUTSIDE_HOURS
    return "" if vendor.admits_address(ip) else OUTSIDE_NETWORK


def with_heads() -> QuerySet[Vendor]:
    """Partners with ``heads``: how many of their people are active."""
    return Vendor.objects.annotate(heads=Count("users", filter=Q(users__is_active=True)))


def opens_at(vendor: Vendor, now: datetime) -> datetime | None:
    """When the partner's hours begin next, within a week; None when they never do or its last day is before."""
    local = now.astimezone(ZoneInfo(vendor.zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    starts = [
        (midnight + timedelta(days=days, minutes=minutes_of(span["from"]) or 0)).replace(tzinfo=local.tzinfo)
        for span in vendor.hours
        for days in range(8)
        if (midnight + timedelta(days=days)).isoweekday() in span["days"]
    ]
    opening = min((start for start in starts if start > local), default=None)
    return None if opening is None or vendor.is_over(opening) else opening


def require_colleagues(actor: Any, *users: User | None) -> None:
    """Raise ``AccessDenied`` where somebody of a partner would make, change or speak for people of others."""
    bound = actor.vendor_id if isinstance(actor, User) and not actor.is_superuser else None
    if bound is not None and any(user is not None and user.vendor_id != bound for user in users):
        raise AccessDenied(_("You look after the people of your own partner."))


def take_place(user: User) -> None:
    """Hold one of the places of the partner for ``user``, who is about to be stored. The caller has a transaction.

    The partner's row is locked: of two who want the last place one gets it. Raises ``VendorFull``.
    """
    if user.vendor_id is None or not user.is_active:
        return
    vendor = Vendor.objects.select_for_update().get(pk=user.vendor_id)
    colleagues = User.objects.filter(vendor=vendor, is_active=True).exclude(pk=user.pk)
    if colleagues.count() >= vendor.max_heads:
        raise VendorFull(heads=vendor.max_heads)
