"""Names of customers in free text: ``sees_masked`` readers get them masked there, too.

Which names is known from the rows that an answer is made of: models ``OfCustomer`` note whose they are as they are
read, and finders of the apps above tell what those customers are called, each in one query for an answer.
"""

import re
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any

from django.utils.html import escape

from apps.access.masking import NAMELESS, OWNERS, PEOPLE, mask_name
from apps.common import context

Names = frozenset[str]
NOBODYS: Names = frozenset()
CONCERNED, WRITTEN_TO, FOUND = "names.concerned", "names.written_to", "names.found"
SHORTEST = 2  # characters of a name that is looked for

# What representations call free text. Elsewhere a word may as well be a state or a key.
FREE = frozenset(
    "body text html subject preview last_preview excerpt note notes comment title reason message detail name "
    "description summary words query error".split()
)
_HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # written without spaces: a name may begin and end anywhere
_LETTER = rf"[^\W\d_{_HAN}]"
_MARKUP = r"(?P<markup><(?:script|style)\b.*?</(?:script|style)\s*>|<[^>]*>)"
_SAID = re.compile(r"""(?<=\s)(?:title|alt|value|placeholder|aria-label|data-[a-z-]+)=(?:"[^"]*"|'[^']*')""")

_finders: list[Callable[[Collection[int]], Iterable[str]]] = []
_owner_finders: list[Callable[[Collection[str]], Iterable[int]]] = []


def finder(
    function: Callable[[Collection[int]], Iterable[str]],
) -> Callable[[Collection[int]], Iterable[str]]:
    """Decorator: gives the names of customers, by their keys, in one query."""
    _finders.append(function)
    return function


def owner_finder(
    function: Callable[[Collection[str]], Iterable[int]],
) -> Callable[[Collection[str]], Iterable[int]]:
    """Decorator: gives the keys of the customers with these e-mail addresses, in one query."""
    _owner_finders.append(function)
    return function


class OfAddress:
    """Mixin of mail: whoever reads it reads about whoever has the address in the column ``whose_address``."""

    whose_address = ""

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:
        row = super().from_db(db, field_names, values)  # type: ignore[misc]
        memo, address = context.current().memo, row.__dict__.get(cls.whose_address)
        if memo is not None and address:
            memo.setdefault(WRITTEN_TO, set()).add(address.lower())
        return row


class OfCustomer:
    """Mixin of models with a ``customer``: whoever reads a row reads about them. ``whose``: the column of their key."""

    whose = "customer_id"

    @classmethod
    def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:
        row = super().from_db(db, field_names, values)  # type: ignore[misc]
        concerns(row.__dict__.get(cls.whose))
        return row


def concerns(customer_id: int | None) -> None:
    """The answer in progress is about this customer."""
    memo = context.current().memo
    if memo is not None and customer_id is not None:
        memo.setdefault(CONCERNED, set()).add(customer_id)


def in_answer() -> Names:
    """Names of everybody whom the answer in progress is about; asked once, and again for who came since."""
    memo = context.current().memo
    if memo is None:
        return NOBODYS
    if addresses := memo.pop(WRITTEN_TO, None):
        memo.setdefault(CONCERNED, set()).update(key for find in _owner_finders for key in find(addresses))
    asked, found = memo.get(FOUND, (frozenset(), NOBODYS))
    concerned = frozenset(memo.get(CONCERNED, ()))
    if concerned - asked:
        found = found | of_customers(concerned - asked)
        memo[FOUND] = (concerned, found)
    return found


def of_customers(keys: Collection[int]) -> Names:
    """What these customers are called."""
    return usable(name for find in _finders for name in find(keys)) if keys else NOBODYS


def usable(names: Iterable[Any]) -> Names:
    """Those of ``names`` that can be looked for in a text."""
    plain = (" ".join(name.split()) for name in names if isinstance(name, str))
    return frozenset(name for name in plain if _is_name(name))


def _is_name(text: str) -> bool:
    return len(text) >= SHORTEST and any(map(str.isalpha, text)) and not NAMELESS.fullmatch(text)


def without_kept(names: Names, keep: Collection[str]) -> Names:
    """``names`` but those that stand in what this answer shows whole."""
    kept = [text.casefold() for text in keep] if names else []
    return frozenset(name for name in names if not any(name.casefold() in text for text in kept))


def mask_in_text(text: str, names: Names) -> str:
    """``text`` with each of ``names`` reduced to its first letter, whatever its capitals."""
    return _pattern(names).sub(lambda found: mask_name(found[0]), text) if names and text else text


def mask_in_page(html: str, names: Names) -> str:
    """The same in HTML, in its text and in attributes that say something: no name that somebody gives themselves
    can change what a page does."""
    if not names:
        return html
    written = names | {str(escape(name)) for name in names}
    sure = frozenset(filter(_is_sure, written))
    found = re.compile(f"{_MARKUP}|{_any_of(written)}", re.IGNORECASE | re.DOTALL)
    return found.sub(lambda piece: _masked_piece(piece, sure), html)


def _masked_piece(found: re.Match[str], sure: Names) -> str:
    if not found["markup"]:
        return mask_name(found[0])
    return _SAID.sub(lambda said: mask_in_text(said[0], sure), found[0]) if sure else found[0]


def mask_in_record(value: Any, names: Names) -> Any:
    """The same in a JSON-able value: in its free texts, and names that are no plain word in any text."""
    return _masked_part(value, names, frozenset(filter(_is_sure, names)), free=False) if names else value


def _masked_part(value: Any, names: Names, sure: Names, *, free: bool) -> Any:
    if isinstance(value, str):
        return mask_in_text(value, names if free else sure)
    if isinstance(value, list | tuple):
        return [_masked_part(part, names, sure, free=free) for part in value]
    if isinstance(value, dict):
        return {name: _masked_part(part, names, sure, free=name in FREE) for name, part in value.items()}
    return value


def in_record(value: Any) -> Names:
    """Names that a JSON-able value itself tells, where it says whose they are."""
    return usable(_told(value))


def _told(value: Any) -> Iterable[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _told(part)
    if not isinstance(value, dict):
        return
    yield value.get("buyer_name")
    yield from (
        value.get(OWNERS[name]) for name, kind in value.items() if name in OWNERS and kind == "customer"
    )
    for name, part in value.items():
        if name in PEOPLE and isinstance(part, dict):
            yield part.get("name")
        yield from _told(part)


def _is_sure(name: str) -> bool:
    """Whether nothing else is written so: states, keys and addresses are plain and have no spaces."""
    return not name.isascii() or " " in name


@lru_cache(maxsize=512)
def _pattern(names: Names) -> re.Pattern[str]:
    return re.compile(_any_of(names), re.IGNORECASE)


def _any_of(names: Names) -> str:
    return "|".join(_shape(name) for name in sorted(names, key=len, reverse=True))


def _shape(name: str) -> str:
    """The words of a name with any space between, and no letter beside them that would make it another word."""
    before = f"(?<!{_LETTER})" if re.match(_LETTER, name[0]) else ""
    after = f"(?!{_LETTER})" if re.match(_LETTER, name[-1]) else ""
    return before + r"\s+".join(map(re.escape, name.split())) + after
