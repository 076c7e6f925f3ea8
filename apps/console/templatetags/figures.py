"""How figures are written."""

from django.template import Library
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.console.templatetags.console_admin import clock

register = Library()
NOTHING = "–"
HOUR, DAY_HOURS = 3600, 24  # seconds, hours


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as whole per cent; a dash where there is nothing to divide by."""
    return NOTHING if share is None else f"{round(share * 100)} %"


@register.filter
def span(seconds: float | None) -> str:
    """Seconds as ``m:ss``; a dash where there are none."""
    return NOTHING if seconds is None else clock(int(seconds))


@register.filter
def decimal(number: float | None) -> str:
    """A number with one decimal as the reader writes it; a dash for none."""
    return NOTHING if number is None else number_format(number, decimal_pos=1)


@register.filter
def age(seconds: float | None) -> str:
    """Seconds as whole hours, from two days on as days; a dash where there are none."""
    if seconds is None:
        return NOTHING
    hours = max(int(seconds), 0) // HOUR
    if hours < 2 * DAY_HOURS:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(days)s d") % {"days": hours // DAY_HOURS}


@register.filter
def level_tone(share: float | None) -> str:
    """The signal of a service level: at or above 80 % all is well, under 60 % it is not."""
    if share is None or share >= 0.8:
        return ""
    return "amber" if share >= 0.6 else "red"
