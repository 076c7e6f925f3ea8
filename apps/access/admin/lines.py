"""Lists as people write them, a line each: ``Mon–Fri 08:00–24:00``, or networks."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import override
from unfold.widgets import UnfoldAdminTextareaWidget

DASH = re.compile(r"\s*[-–—~至到]\s*")
SPAN = re.compile(r"(.+?)\s+(\d\d?:\d\d)–(\d\d?:\d\d)")


class LinesField(forms.CharField):
    """A list of texts."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"})

    def prepare_value(self, value: Any) -> str:
        return "\n".join(map(self.written, value)) if isinstance(value, list) else value or ""

    def to_python(self, value: Any) -> list[Any]:
        lines = (line.strip() for line in (value or "").splitlines())
        return [self.read(line) for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != "\n".join((data or "").split("\r\n"))

    def written(self, part: Any) -> str:
        return str(part)

    def read(self, line: str) -> Any:
        return line


class HoursField(LinesField):
    """Hours of the week as ``validate_hours`` wants them."""

    def written(self, part: Any) -> str:
        return f"{days_written(part['days'])} {part['from']}–{part['to']}"

    def read(self, line: str) -> dict[str, Any]:
        found = SPAN.fullmatch(DASH.sub("–", line))
        if found is None:
            raise ValidationError(_("Write “%(line)s” like Mon–Fri 08:00–24:00.") % {"line": line})
        days, start, end = found.groups()
        return {"days": days_read(days), "from": start.zfill(5), "to": end.zfill(5)}


def days_written(days: list[int]) -> str:
    """``[1, 2, 3, 6]`` as ``Mon–Wed, Sat``, in the language of the page."""
    names, runs = _names(), []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(names[run[0]] + (f"–{names[run[-1]]}" if run[1:] else "") for run in runs)


def days_read(text: str) -> list[int]:
    """The other way round; English is understood on every page. Raises ``ValidationError``."""
    found: set[int] = set()
    for part in re.split(r"[,，、\s]+", text.strip(" ,，、")):
        first, _dash, last = part.partition("–")
        start, end = _day(first), _day(last or first)
        found |= set(range(start, end + 1)) if start <= end else {*range(start, 8), *range(1, end + 1)}
    return sorted(found)


def _day(word: str) -> int:
    with override("en"):
        english = {name.casefold(): day for day, name in _names().items()}
    local = {name.casefold(): day for day, name in _names().items()}
    word = word.strip().casefold()
    day = local.get(word) or english.get(word[:3])
    if day is None:
        raise ValidationError(_("“%(word)s” is no day of the week.") % {"word": word})
    return day


def _names() -> dict[int, str]:
    return {day + 1: str(name) for day, name in WEEKDAYS_ABBR.items()}


HOURS_HELP = _lazy("One line for each interval, like Mon–Fri 08:00–24:00. Empty is always.")
