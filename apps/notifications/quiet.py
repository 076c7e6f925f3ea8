"""The hours in which customers sleep."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings


@lru_cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def wakes_at(now: datetime, zone: str) -> datetime | None:
    """The end of the quiet hours that ``now`` falls into where the customer is; None outside of them.

    ``QUIET_HOURS`` is ``"22-08"``; empty for none. Customers without a zone live in ``QUIET_ZONE``.
    """
    if not settings.QUIET_HOURS:
        return None
    begins, ends = (time(int(hour)) for hour in settings.QUIET_HOURS.split("-"))
    local = now.astimezone(ZoneInfo(zone if zone in _known_zones() else settings.QUIET_ZONE))
    clock = local.time()
    quiet = begins <= clock < ends if begins <= ends else clock >= begins or clock < ends
    if not quiet:
        return None
    day = local.date() + timedelta(days=1) if clock >= ends else local.date()
    return datetime.combine(day, ends, tzinfo=local.tzinfo).astimezone(now.tzinfo)
