"""Small pieces of markup that console templates repeat."""

from datetime import datetime
from json import dumps
from zlib import crc32

from django.http import HttpRequest
from django.template import Context, Library
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from apps.console.preferences import THEME_COOKIE, THEMES

register = Library()
HUES = 6  # tints of .avatar[data-hue]


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An icon of the sprite; decoration unless it has a ``label``."""
    accessible = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    html = '<svg class="icon" {}><use href="{}#{}"></use></svg>'
    return format_html(html, SafeString(accessible), static("img/console/icons.svg"), name)


@register.simple_tag(takes_context=True)
def theme_attribute(context: Context) -> SafeString:
    """``data-theme`` of the user's own choice; nothing where the system decides. Safe without a request."""
    request: HttpRequest | None = context.get("request")
    theme = request.COOKIES.get(THEME_COOKIE) if request else None
    return format_html(' data-theme="{}"', theme) if theme in THEMES else SafeString("")


@register.filter
def words(text: str) -> list[str]:
    """The words of ``text``: a list that a template can walk through."""
    return text.split()


@register.filter
def initials(name: str) -> str:
    """Up to two letters that stand for a person; one character for Chinese names."""
    words = [word for word in name.split() if word]
    if not words:
        return "?"
    if not words[0][0].isascii():
        return words[0][0]
    return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


@register.filter
def hue(key: object) -> int:
    """The tint of somebody's avatar: the same on every page."""
    return crc32(str(key).encode()) % HUES


@register.filter
def language_name(code: str) -> str:
    """What speakers of ``code`` call their language; the code itself where Django does not know it."""
    try:
        return get_language_info(code)["name_local"]
    except KeyError:
        return code


@register.filter
def json(value: object) -> str:
    """``value`` for an attribute that a script reads."""
    return dumps(value, ensure_ascii=False)


@register.inclusion_tag("console/_time.html")
def moment(at: datetime | None) -> dict:
    """A time that the script words relative to now, in the reader's zone."""
    return {"at": at}
