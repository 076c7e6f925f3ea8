"""How figures are written."""

from django.template import Library

from apps.console.templatetags.console_admin import clock

register = Library()
NOTHING = "–"


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as whole per cent; a dash where there is nothing to divide by."""
    return NOTHING if share is None else f"{round(share * 100)} %"


@register.filter
def span(seconds: float | None) -> str:
    """Seconds as ``m:ss``; a dash where there are none."""
    return NOTHING if seconds is None else clock(int(seconds))


@register.filter
def level_tone(share: float | None) -> str:
    """The signal of a service level: at or above 80 % all is well, under 60 % it is not."""
    if share is None or share >= 0.8:
        return ""
    return "amber" if share >= 0.6 else "red"
