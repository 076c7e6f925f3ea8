"""The interface's own texts: what the catalogs of the desk have, in every language that it speaks.

A customer may be called as a button is: “Open”, “安全”, or “May” of a date. Where such a word stands in a page as the
interface has it, it tells nobody that a customer is called so.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import trans_real

from apps.common.fleeting import Fleeting

_PLACES = re.compile(
    r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}|<[^>]*>|\n"
)  # between what is ours in a text of a catalog
_NEAR = 80  # characters; more than any line of a template is indented
_BEGINS = re.compile(r"(?:^|[>\"'(（“·:：→\d])\s*$")
_ENDS = re.compile(r"\s*(?:$|[<\"'()（）”·…:：→\d])")


def is_ours(found: re.Match[str]) -> bool:
    """Whether the word that was ``found`` in a page is there as a part of a text of the interface."""
    page, (start, end) = found.string, found.span()
    return any(
        at <= start and page.startswith(text, start - at) and _stands(page, text, start - at, end - start, at)
        for text, at in _texts_with(found[0].lower())
    )


def _stands(page: str, text: str, start: int, length: int, at: int) -> bool:
    """Whether ``text`` begins and ends where it does in ``page``: if it is just the word, nothing else stands there."""
    end = start + len(text)
    before, after = page[max(0, start - _NEAR) : start], page[end : end + _NEAR]
    if any(map(str.isalpha, text[:at] + text[at + length :])):
        return not before[-1:].isalpha() and not after[:1].isalpha()
    return bool(_BEGINS.search(before) and _ENDS.match(after))


@Fleeting
def _texts_with(word: str) -> tuple[tuple[str, int], ...]:
    """Texts that have ``word``, in any capitals, and where."""
    if word not in _all_texts().lower():
        return ()
    lines = re.compile(f"^.*{re.escape(word)}.*$", re.I | re.M).findall(_all_texts())
    return tuple((line, at.start()) for line in lines for at in re.finditer(re.escape(word), line, re.I))


@lru_cache(maxsize=1)
def _all_texts() -> str:
    """One on each line, also as they stand in a page that escapes them."""
    pieces = {piece.strip() for text in _catalogs() for piece in _PLACES.split(text)}
    return "\n".join(sorted(pieces | {str(escape(piece)) for piece in pieces}))


def _catalogs() -> Iterator[str]:
    """What is translated, and the translations."""
    for code, _name in settings.LANGUAGES:
        for key, text in trans_real.translation(code)._catalog.items():  # type: ignore[attr-defined]
            plain = key[0] if isinstance(key, tuple) else key
            yield from (plain.rpartition("\x04")[2], text)
