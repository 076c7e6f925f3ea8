"""Small pieces of markup that console templates repeat."""

from datetime import datetime
from json import dumps
from typing import Any
from zlib import crc32

from django.db.models import Model
from django.http import HttpRequest
from django.template import Context, Library
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from apps.access import masking, shown_files, viewing
from apps.access import services as access
from apps.access.permissions import AccessAction
from apps.chat import files
from apps.chat.models import Attachment
from apps.console.preferences import THEME_COOKIE, THEMES
from apps.customers.models import Customer

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


@register.filter
def who(customer: Customer | None) -> str:
    """What to call a customer, as the reader may see it; nothing without one."""
    if customer is None:
        return ""
    return viewing.shown(customer, "name") or customer.actor_label


@register.filter
def shown(obj: Model, field: str) -> object:
    """A personal field as the reader may see it."""
    value = viewing.shown(obj, field)
    return viewing.said(value) if _is_text(obj, field) else value


def _is_text(obj: Model, field: str) -> bool:
    return viewing.sources[obj._meta.label_lower].fields[field] == viewing.Personal.TEXT


@register.filter
def said(text: object) -> object:
    """What people have written, from whatever row: to be put around all of it, after it was cut."""
    return viewing.said(text)


@register.filter
def masked(value: object, kind: str) -> object:
    """A value that belongs to no row, masked as ``kind`` of it where the reader sees masks."""
    if not value or not viewing.is_masked():
        return value
    left = masking.MASKS[kind](value)
    return viewing.said(left) if kind == "text" else left


@register.simple_tag
def personal(obj: Model, field: str) -> SafeString:
    """A personal field; where it is masked, with a button that uncovers it, and where uncovered, until when."""
    value, kind = viewing.shown(obj, field), viewing.sources[obj._meta.label_lower].fields[field]
    if value and not viewing.is_masked() and kind == viewing.Personal.EMAIL:
        return format_html('<a href="mailto:{}">{}</a>', value, value)
    place = personal_place(obj, field)
    if not place:
        return format_html("{}", viewing.in_lines(value))
    html = '<span class="personal" {}><span data-personal-value>{}</span>{}</span>'
    return format_html(html, place, viewing.in_lines(value), personal_button(obj, field))


@register.simple_tag
def personal_place(obj: Model, field: str) -> SafeString:
    """Attributes of what holds a masked field: what scripts find it by, and cover it with again."""
    covered = viewing.covered(obj, field)
    if covered is None:
        return SafeString("")
    place = viewing.place_of(obj, field)
    until, words = viewing.until(*place), viewing.in_lines(covered)
    words = viewing.said(words) if _is_text(obj, field) else words
    html = 'data-personal="{}" data-until="{}" data-masked="{}"'
    return format_html(html, "/".join(place), until.isoformat() if until else "", words)


@register.simple_tag
def personal_button(obj: Model, field: str) -> SafeString:
    """The button that asks what a masked field is needed for; nothing where there is nothing to uncover."""
    if viewing.covered(obj, field) is None:
        return SafeString("")
    if not access.can(viewing.viewer(), AccessAction.REVEAL_FIELD, obj):
        return SafeString("")
    return _reveal_button(viewing.place_of(obj, field), _("Reveal"))


def _reveal_button(place: tuple[str, str, str], words: str) -> SafeString:
    query = urlencode(dict(zip(("type", "id", "field"), place, strict=True)))
    html = (
        '<button type="button" class="button button--link" data-sheet-url="{}?{}" data-reveal{}>{}</button>'
    )
    hidden = SafeString(" hidden") if viewing.until(*place) else ""
    return format_html(html, reverse("console-reveal"), query, hidden, words)


@register.inclusion_tag("console/_covered_file.html")
def covered_file(file: Any) -> dict:
    """A file of a ticket that a customer sent, for a reader who sees masks."""
    place = viewing.place_of(file, shown_files.FIELD)
    address = viewing.shown(file, shown_files.FIELD) if viewing.until(*place) else ""
    return _covered(file, place, address, name=file.name, size=file.size, is_image=file.is_image)


@register.inclusion_tag("console/_covered_file.html")
def covered_chat_file(frame: dict) -> dict:
    """The same of a chat's line."""
    file, viewer = frame["payload"], viewing.viewer()
    place = (files.LABEL, files.key_of(frame["session"], file["attachment"]), shown_files.FIELD)
    address = files.shown_path(place[1], viewer) if viewing.until(*place) else ""
    row = Attachment(
        public_id=file["attachment"], name=file["name"], size=file["size"]
    )  # no query for each line
    return _covered(row, place, address, name=row.name, size=row.size, is_image=frame["kind"] == "image")


def _covered(row: Model, place: tuple[str, str, str], address: str, **file: Any) -> dict:
    """What the template needs: the name, and the button that asks what for or for how long it is shown."""
    until = viewing.until(*place)
    if address:
        viewing.keep(address)
    may = access.can(viewing.viewer(), AccessAction.REVEAL_FIELD, row)
    return file | {
        "place": "/".join(place),
        "until": until.isoformat() if until else "",
        "address": address,
        "button": _reveal_button(place, _("Show file…")) if may else "",
    }


@register.filter
def desk_words(text: str) -> str:
    """What the desk itself has written: its own addresses and numbers in it are for everybody."""
    if viewing.is_masked():
        viewing.keep(text)
    return text


@register.simple_tag
def masked_view() -> bool:
    """Whether the reader sees masks."""
    return viewing.is_masked()


@register.filter
def author(message: Any) -> str:
    """Who wrote a line of a ticket, as the reader may see it."""
    own = message.author_kind == "customer"
    return masking.mask_name(message.author_name) if own and viewing.is_masked() else message.author_name
