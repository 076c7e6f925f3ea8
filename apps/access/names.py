"""Names of customers in free text: ``sees_masked`` readers get them masked there, too.

Which names is known from the rows that an answer is made of: models ``OfCustomer`` note whose they are as they are
read, and finders of the apps above tell what those customers are called, each in one query for an answer.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from apps.access.masking import NAMELESS, OWNERS, PEOPLE, mask_name
from apps.access.name_parts import Names, called
from apps.common import context
from apps.common.fleeting import Fleeting

NOBODYS = Names()
CONCERNED, WRITTEN_TO, FOUND = "names.concerned", "names.written_to", "names.found"
SHORTEST = 2  # characters of a name that is looked for

# What representations call free text. Elsewhere a word may as well be a state or a key.
FREE = frozenset(
    "body text html subject preview last_preview excerpt note notes comment title reason message detail name "
    "description summary words query error".split()
)
_HAN = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # written without spaces: a name may begin and end anywhere
_LETTER = rf"[^\W\d_{_HAN}]"
_IN_ADDRESS = r"[\w.+-]{0,64}@"  # no more stands before it; to look on costs the square of a text's length
_LINK = re.compile(r"(?:/|https?://)[!-~]*")

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
    """Those of ``names`` that can be looked for in a text, each with the apostrophe of keyboards."""
    plain = (" ".join(name.split()).replace("’", "'") for name in names if isinstance(name, str))
    return called(name for name in plain if _is_name(name))


def _is_name(text: str) -> bool:
    return len(text) >= SHORTEST and any(map(str.isalpha, text)) and not NAMELESS.fullmatch(text)


def without_kept(names: Names, keep: Collection[str]) -> Names:
    """``names`` but those that stand in what this answer shows whole; of the others no part that does.

    Addresses of files are shown whole as well: what their signatures spell is by chance.
    """
    kept = "\0".join(text for text in keep if not _LINK.fullmatch(text)) if names else ""
    if not kept:
        return names
    likely = likely_in(kept, names)

    def stands(shape: str) -> bool:
        return re.search(f"(?i:{shape})", kept) is not None

    return Names(
        names.whole - {name for name in likely.whole if stands(_shape(name))},
        names.parts - {part for part in likely.parts if stands(_alone(_shape(part)))},
    )


def mask_in_text(text: str, names: Names) -> str:
    """``text`` with each of ``names`` reduced to its first letter, and each part of one that stands alone."""
    here = likely_in(text, names)
    return _pattern(here).sub(lambda found: mask_name(found[0]), text) if here else text


def mask_in_record(value: Any, names: Names) -> Any:
    """The same in a JSON-able value: in its free texts, and names that are no plain word in any text.

    What only has a ``name`` is staff, a queue or a product: parts are looked for where a file is called so.
    """
    return _masked_part(value, names, sure(names)) if names else value


def _masked_part(value: Any, names: Names, here: Names) -> Any:
    """``here``: those of ``names`` that are looked for in ``value`` if it is a text."""
    if isinstance(value, str):
        return mask_in_text(value, here)
    if isinstance(value, list | tuple):
        return [_masked_part(part, names, here) for part in value]
    if isinstance(value, dict):
        return {key: _masked_part(part, names, _looked_for(key, value, names)) for key, part in value.items()}
    return value


def _looked_for(key: str, line: dict[str, Any], names: Names) -> Names:
    if key not in FREE:
        return sure(names)
    return Names(names.whole) if key == "name" and "mime" not in line else names


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


@Fleeting
def sure(names: Names) -> Names:
    """Those as which nothing else is written: states, keys and addresses are plain and have no spaces."""
    return Names(frozenset(name for name in names.whole if not name.isascii() or " " in name))


def likely_in(text: str, names: Names) -> Names:
    """Those of ``names`` whose first word ``text`` has; most have none, and an expression of all the names of a list
    takes half a second to compile.
    """
    folded = _folded(text) if names else ""
    whole, parts = (frozenset(name for name, head in heads if head in folded) for heads in _heads(names))
    return Names(whole, parts) if whole or parts else NOBODYS


@Fleeting
def _heads(names: Names) -> list[list[tuple[str, str]]]:
    return [[(name, _folded(name.split()[0])) for name in words] for words in (names.whole, names.parts)]


def _folded(text: str) -> str:
    """``text`` as an expression sees it that is blind to capitals; it takes “İ” and “ı” for an i, too."""
    return text.casefold().replace("’", "'").replace("\u0307", "").replace("ı", "i")


@Fleeting
def _pattern(names: Names) -> re.Pattern[str]:
    return re.compile(any_of(names))


def any_of(names: Names) -> str:
    whole, parts = (sorted(words, key=len, reverse=True) for words in (names.whole, names.parts))
    found = [f"(?i:{'|'.join(map(_shape, whole))})"] if whole else []
    if parts:
        heads = re.escape("".join({part[0] for part in parts}))
        found.append(f"(?=[{heads}]){_alone('|'.join(map(_shape, parts)))}")
    return "|".join(found)


def _alone(shapes: str) -> str:
    """A part of a name, but not in an e-mail address."""
    return f"(?<!@)(?:{shapes})(?!{_IN_ADDRESS})"


def _shape(name: str) -> str:
    """The words of a name with any space between, and no letter beside them that would make it another word."""
    before = f"(?<!{_LETTER})" if re.match(_LETTER, name[0]) else ""
    after = f"(?!{_LETTER})" if re.match(_LETTER, name[-1]) else ""
    words = r"\s+".join(map(re.escape, name.split()))
    return before + words.replace("'", "['’]") + after
