from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

END_OF_DAY = "24:00"


def validate_hours(value: Any) -> None:
    """Raise ``ValidationError`` unless ``value`` is ``[{"days": [1…7], "from": "08:00", "to": "24:00"}, …]``."""
    if not isinstance(value, list):
        raise ValidationError(_("Hours are a list."))
    for at, span in enumerate(value):
        problem = _problem(span)
        if problem:
            raise ValidationError(f"[{at}]: {problem}")


def _problem(span: Any) -> str:
    if not isinstance(span, dict) or set(span) != {"days", "from", "to"}:
        return _("An interval has days, from and to.")
    days = span["days"]
    if not isinstance(days, list) or not days or not all(type(day) is int and 1 <= day <= 7 for day in days):
        return _("Days are numbers from 1 (Monday) to 7.")
    if minutes_of(span["from"]) is None or minutes_of(span["to"]) is None:
        return _("Times are written like 08:00; the end of the day is 24:00.")
    if span["from"] == span["to"]:
        return _("From and to are the same.")
    return ""


def validate_zone(value: str) -> None:
    """Raise ``ValidationError`` unless ``value`` names a time zone."""
    if value not in available_timezones():
        raise ValidationError(_("There is no such time zone."))


def minutes_of(text: Any) -> int | None:
    """Minutes since midnight of ``08:00``; None for what is no time of day."""
    if text == END_OF_DAY:
        return 24 * 60
    try:
        parsed = time.fromisoformat(text) if isinstance(text, str) and len(text) == 5 else None
    except ValueError:
        return None
    return parsed.hour * 60 + parsed.minute if parsed else None


class WeeklyHours(models.Model):
    """When something counts, in the week of a time zone. No hours: always."""

    hours = models.JSONField(
        _lazy("hours"),
        default=list,
        blank=True,
        validators=[validate_hours],
        help_text=_lazy("Empty is always. [{“days”: [1, 2, 3, 4, 5], “from”: “08:00”, “to”: “24:00”}]"),
    )
    zone = models.CharField(
        _lazy("time zone"), max_length=64, default="Asia/Shanghai", validators=[validate_zone]
    )

    class Meta:
        abstract = True

    def is_within_hours(self, now: datetime) -> bool:
        """Whether ``now`` lies in one of the intervals; one whose end is before its start runs past midnight."""
        if not self.hours:
            return True
        local = now.astimezone(ZoneInfo(self.zone))
        minute = local.hour * 60 + local.minute
        today, yesterday = local.isoweekday(), (local - timedelta(days=1)).isoweekday()
        return any(_covers(span, minute, today, yesterday) for span in self.hours)


def _covers(span: dict[str, Any], minute: int, today: int, yesterday: int) -> bool:
    starts, ends = minutes_of(span["from"]) or 0, minutes_of(span["to"]) or 0
    if starts < ends:
        return today in span["days"] and starts <= minute < ends
    return (today in span["days"] and minute >= starts) or (yesterday in span["days"] and minute < ends)
