from datetime import timedelta

from django.template import Library

register = Library()


@register.filter
def clock(value: timedelta | int) -> str:
    """A duration (or its seconds) as ``m:ss``, from an hour on as ``h:mm:ss``."""
    seconds = int(value.total_seconds()) if isinstance(value, timedelta) else int(value)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
