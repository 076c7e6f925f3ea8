"""Small pieces of the tickets' templates."""

import re

from django.template import Library
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.tickets import links

register = Library()
LINK = re.compile(r"https?://[^\s<>\"'，。）)]+")
TONES = {
    "new": " badge--accent",
    "open": " badge--accent",
    "pending": " badge--amber",
    "solved": " badge--green",
}
PRIORITY_TONES = {"urgent": " badge--red", "high": " badge--amber"}
REFUND_TONES = {
    "requested": " badge--amber",
    "approved": " badge--accent",
    "submitting": " badge--accent",
    "processing": " badge--accent",
    "succeeded": " badge--green",
    "failed": " badge--red",
    "rejected": " badge--red",
    "unknown": " badge--amber",
}
CLOCK_ICONS = {"met": "check", "missed": "breach", "paused": "pause", "overdue": "breach", "soon": "warning"}


@register.filter
def status_tone(status: str) -> str:
    """Modifier of the badge; the word beside it says the same."""
    return TONES.get(status, "")


@register.filter
def priority_tone(priority: str) -> str:
    return PRIORITY_TONES.get(priority, "")


@register.filter
def refund_tone(state: str) -> str:
    return REFUND_TONES.get(state, "")


@register.filter
def clock_icon(state: str) -> str:
    return CLOCK_ICONS.get(state, "clock")


@register.filter
def file_path(public_id: object) -> str:
    """Where a file of a ticket can be fetched for an hour."""
    return links.file_path(public_id)


@register.filter
def urlize_calm(text: str) -> SafeString:
    """``text`` escaped, with its web addresses as links that tell nothing to where they lead."""
    parts: list[str] = []
    end = 0
    for match in LINK.finditer(text):
        link = format_html(
            '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>', match[0]
        )
        parts += [text[end : match.start()], link]
        end = match.end()
    return format_html_join("", "{}", ((part,) for part in [*parts, text[end:]]))
