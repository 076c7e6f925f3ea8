"""Names of customers in pages of HTML: ``sees_masked`` readers get them masked there, too.

A page mixes two kinds of text: the interface's, which is ours, and what people have written. A part of a name that
stands alone may be any word of the interface: “Mark” of “Mark Jones” is one of “Mark as read”. So parts are looked for
only where a template says that people have written: it passes such text through a filter (``said``, ``masked:"text"``,
``shown`` of a text), which puts it between two control characters. These get through escaping, into attributes and
into translated sentences, where no element could stand around the text; and they wait until all rows of the page are
read, when it is known whose names to look for. The last look takes them out again.

Whole names are looked for everywhere, but where the interface itself has them (``interface_texts``): what a template
forgets to mark shows a first name at worst. Pages of the admin mark nothing: those with texts of customers are closed
to whoever sees masks (``ActionPermissions.personal``).
"""

import re
from collections.abc import Callable

from django.utils.html import escape
from django.utils.safestring import SafeString

from apps.access.interface_texts import is_ours
from apps.access.masking import mask_name
from apps.access.names import Names, any_of, likely_in, sure

BEGIN, END = "\x1e", "\x1f"  # both are white space to what splits words and finds links
_SAID = re.compile(f"{BEGIN}([^{BEGIN}{END}]*)")
_UNMARKED = str.maketrans("", "", BEGIN + END)
_MARKUP = r"(?P<markup><(?:script|style)\b.*?</(?:script|style)\s*>|<[^>]*>)"
_TELLING = re.compile(
    r"""(?<=\s)(?:title|alt|value|placeholder|aria-label|data-[a-z-]+)=(?:"[^"]*"|'[^']*')"""
)


def mark(text: str) -> str:
    """``text``, marked as what people have written. Safe stays safe; twice is once."""
    marked = f"{BEGIN}{text.translate(_UNMARKED)}{END}"
    return SafeString(marked) if isinstance(text, SafeString) else marked


def mask_in_page(html: str, names: Names) -> str:
    """``html`` with ``names`` masked in its text and in attributes that say something, parts only in what people said.

    No name that somebody gives themselves can change what a page does, nor what the interface says.
    """
    if names:
        whole, parts = Names(names.whole), Names(parts=names.parts)
        elsewhere, in_said, then = (
            _masker(those, html, left)
            for those, left in ((whole, _left_or_ours), (whole, _left), (parts, _left))
        )
        html = elsewhere(_SAID.sub(lambda found: then(in_said(found[1])), html).translate(_UNMARKED))
    return html.translate(_UNMARKED)


def _left(found: re.Match[str]) -> str:
    return mask_name(found[0])


def _left_or_ours(found: re.Match[str]) -> str:
    return found[0] if is_ours(found) else mask_name(found[0])


def _masker(names: Names, page: str, left: Callable[[re.Match[str]], str]) -> Callable[[str], str]:
    """What masks ``names`` in a piece of ``page``; ``left`` gives what is left of one where it was found."""
    written = likely_in(page, names | Names(_escaped(names.whole), _escaped(names.parts)))
    if not written:
        return str
    plain = sure(written)
    told = re.compile(any_of(plain)) if plain else None
    found = re.compile(f"(?is:{_MARKUP})|{any_of(written)}")
    return lambda html: found.sub(
        lambda piece: _in_tag(piece[0], told, left) if piece["markup"] else left(piece), html
    )


def _in_tag(tag: str, told: re.Pattern[str] | None, left: Callable[[re.Match[str]], str]) -> str:
    return _TELLING.sub(lambda attribute: told.sub(left, attribute[0]), tag) if told else tag


def _escaped(words: frozenset[str]) -> frozenset[str]:
    return frozenset(str(escape(word)) for word in words)
