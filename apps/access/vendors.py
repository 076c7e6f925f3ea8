"""Outsourcing partners: whom they may send, from where, when, and until which day."""

from datetime import datetime

from apps.access.models import User

ENDED, INACTIVE = "vendor_ended", "vendor_inactive"
OUTSIDE_HOURS, OUTSIDE_NETWORK = "outside_hours", "outside_network"


def refuses(user: User, *, now: datetime, ip: str | None) -> str:
    """Why the partner who employs ``user`` lets nobody in now from ``ip``: one of the codes above, or "".

    No query for the desk's own people, nor when ``user.vendor`` is loaded. An address of None is one that nobody knows.
    """
    if user.vendor_id is None:
        return ""
    vendor = user.vendor
    if not vendor.is_active:
        return INACTIVE
    if vendor.ended_at is not None or vendor.is_over(now):
        return ENDED
    if not vendor.is_within_hours(now):
        return OUTSIDE_HOURS
    return "" if vendor.admits_address(ip) else OUTSIDE_NETWORK
