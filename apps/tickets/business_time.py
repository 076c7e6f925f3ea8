"""Open time of a calendar; without a calendar all time is open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.routing import hours
from apps.routing.models import ServiceCalendar


@dataclass(frozen=True)
class OpenTime:
    """The hours that count, loaded once for several questions."""

    schedule: hours.Schedule | None = None

    @classmethod
    def of(cls, calendar: ServiceCalendar | None) -> "OpenTime":
        return cls(calendar.schedule() if calendar else None)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much of the time from ``start`` to ``end`` is open; zero when they are the wrong way round."""
        if end <= start:
            return timedelta()
        return end - start if self.schedule is None else hours.open_time(self.schedule, start, end)

    def after(self, start: datetime, span: timedelta) -> datetime | None:
        """When ``span`` of open time has passed since ``start``: at once for none, None when it never will."""
        if span <= timedelta():
            return start
        if self.schedule is None:
            return start + span
        return hours.after_open_time(self.schedule, start, span)
