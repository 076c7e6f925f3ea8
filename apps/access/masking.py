"""What is left of personal data when somebody reads it masked. Pure functions of text.

Masking twice is the same as masking once. Free text is searched for e-mail addresses, phone and card numbers and
mainland identity numbers, in full-width digits and with the usual separators too. What could as well be an order's or a
parcel's number (letters beside the digits, no known shape, no valid check digit) stays as it is.
"""

import re
from collections.abc import Callable, Collection
from typing import Any

HIDDEN = "***"
NAMELESS = re.compile(r"(?:Visitor|访客) [0-9A-Za-z]{4}")  # see ``Customer.actor_label``
SHOWN_OF_ADDRESS = ("country", "province", "state", "region", "city")
CITY = re.compile(r"^(?:[^\s,，]{2,12}?(?:省|自治区|特别行政区))?\s*[^\s,，]{2,12}?市")

# One character for one, so that what is found in the plain text has the same place in the original.
_PLAIN: dict[int, str | int | None] = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **{first + digit: ord("0") + digit for first in (0x0660, 0x06F0, 0x0966) for digit in range(10)},
    **dict.fromkeys((0x00A0, 0x2002, 0x2003, 0x2007, 0x2009, 0x202F, 0x3000), " "),
    **dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0x30FC), "-"),
    **dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF), "_"),
    **dict.fromkeys((0x00B7, 0x30FB), "."),
}
_S = r"[ ._/-]{0,2}"  # between groups of digits
_DAY = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"  # numbers of orders begin with one
_NUMBERS = {
    "identity": rf"[1-9]\d{{5}}{_S}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]){_S}\d{{3}}[\dXx]",
    "card": rf"[2-6]\d{{13,18}}|[2-6]\d{{3}}(?:{_S}\d{{4}}){{3}}(?:{_S}\d{{3}})?|3[47]\d\d{_S}\d{{6}}{_S}\d{{5}}",
    "mobile": (
        rf"(?:(?:\+|00)?86{_S})?(?:1[3-9]\d(?:{_S}\d{{4}}{_S}\d{{4}}|{_S}\d{{3}}{_S}\d{{5}}|\d{_S}\d{{4}}{_S}\d{{3}})"
        r"|1[ ._-][3-9](?:[ ._-]\d){9})"
    ),
    "phone": (
        r"\+[1-9](?:[ ._()/-]{0,2}\d){7,14}"
        r"|\(?0(?:10|2\d|[3-9]\d\d)\)?[ -]{0,2}\d{3,4}[ -]?\d{4}"
        r"|\([2-9]\d\d\)[ -]?[2-9]\d\d[ .-]\d{4}|(?![48]00)[2-9]\d\d(?P<sep>[ .-])[2-9]\d\d(?P=sep)\d{4}"
        rf"|(?![48]00|20{_DAY})[2-9]\d\d[2-9]\d{{6}}"
        r"|(?<!\.)(?<!\d-)(?!\d\d[.-]\d\d[.-](?:19|20)\d\d)0\d(?:[ .-]?\d){7,10}"
    ),
}
_LOCAL, _AT = r"[A-Za-z0-9._%+'-]", r"(?:@|%40|&#64;)"
_WORD = rf"(?:(?!%40){_LOCAL})+"  # in one way only: a sign that is also read as letters has 2ⁿ of them
_DOMAIN = r"(?:[^\W\d_][\w-]*(?:\.[\w-]+)*|\d[\w-]*(?:\.[\w-]+)+)"  # 163.com; a lone number is none
# A row of words and signs is looked at from its beginning only: from each word it would be the square of its length.
_EMAIL = rf"(?<![A-Za-z0-9._%+'@-])(?<!&#64;){_AT}*(?P<email>{_WORD}(?:{_AT}+{_WORD})*{_AT}+{_DOMAIN})"
_ANY_NUMBER = "|".join(f"(?P<{kind}>{shape})" for kind, shape in _NUMBERS.items())
_PERSONAL = re.compile(
    rf"{_EMAIL}|(?<![0-9A-Za-z*])(?<!\b\d\.)(?<!\b\d\d\.)(?:{_ANY_NUMBER})(?![0-9A-Za-z*])"
)
_HINT = re.compile(r"[@＠]|%40|&#64;|\d(?:\D{0,2}\d){6}")  # most texts have nothing of the kind

CUT_AT = (*range(157, 161), *range(198, 201))  # previews, subjects
# Figures and names of rows, which may look like a phone number.
_AMOUNT = re.compile(r"-?\d{1,12}\.\d{2}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LAST_WORD = re.compile(r"(?:[\w.+%@'-]|(?<=\d) (?=\d)){1,40}$", re.ASCII)
Keep = Collection[str]


def mask_text(text: str, keep: Keep = ()) -> str:
    """``text`` without addresses and numbers that lead to a person; those in ``keep`` stay.

    Of a text that is as long as a preview can be the last word is left out: it may be half a number.
    """
    masked = _LAST_WORD.sub("…", text) if len(text) in CUT_AT and text not in keep else text
    while _HINT.search(masked):
        text, masked = masked, _masked_once(masked, keep)
        if text == masked:
            break
    return masked


def found_in(text: str) -> list[str]:
    """What ``mask_text`` would take out of ``text``."""
    plain = text.translate(_PLAIN)
    if not _HINT.search(text):
        return []
    return [text[slice(*match.span(match.lastgroup or 0))] for match in _PERSONAL.finditer(plain)]


def _masked_once(text: str, keep: Keep) -> str:
    plain = text if text.isascii() else text.translate(_PLAIN)
    parts, end = [], 0
    for match in _PERSONAL.finditer(plain):
        kind = match.lastgroup or ""
        start, stop = match.span(kind)
        if text[start:stop] not in keep:
            parts += [text[end:start], _REPLACED[kind](match[kind])]
            end = stop
    return "".join([*parts, text[end:]]) if parts else text


def mask_email(text: str) -> str:
    """``j***@example.com``; of what is no address nothing stays."""
    local, at, domain = re.sub(r"%40|&#64;|＠", "@", text).rpartition("@")
    return f"{local[:1]}{HIDDEN}@{domain}" if at else _hidden(text)


def mask_phone(text: str) -> str:
    """``138****1234``: the first three digits and the last four, less of a short number; ``+86`` before it stays."""
    plain = text.translate(_PLAIN)
    prefix = re.match(r"\s*(?:(?:\+|00)86)?", plain)
    country = prefix[0].strip() if prefix else ""
    digits = re.sub(r"[^\d*]", "", plain[prefix.end() if prefix else 0 :])
    sign = "+" if plain.strip().startswith("+") and not country else ""
    if "*" in digits:
        return text
    return f"{country}{' ' if country else ''}{sign}{_starred(digits)}"


def _starred(digits: str) -> str:
    head, tail = (3, 4) if len(digits) > 9 else (1, 2) if len(digits) > 5 else (0, 0)
    return digits[:head] + "*" * (len(digits) - head - tail) + digits[len(digits) - tail :]


def mask_card(text: str) -> str:
    """Only the last four digits."""
    digits = re.sub(r"\D", "", text)
    return "*" * (len(digits) - 4) + digits[-4:]


def mask_name(text: str) -> str:
    """The first letter: ``王**``, ``J**``. What the desk calls a nameless visitor says nothing about them."""
    text = text.strip()
    if NAMELESS.fullmatch(text):
        return text
    return f"{text[0]}**" if text else ""


def mask_address(value: Any) -> Any:
    """Down to the city: of parts by name, or of a line in Chinese; of any other line nothing."""
    if isinstance(value, dict):
        return {name: part if name in SHOWN_OF_ADDRESS else _hidden(part) for name, part in value.items()}
    city = CITY.match(str(value or ""))
    return f"{city[0]}{HIDDEN}" if city else _hidden(value)


def _hidden(value: Any) -> Any:
    return HIDDEN if value else value


def _identity(text: str) -> str:
    plain = re.sub(r"[^\dXx]", "", text)
    return plain[:4] + "*" * 12 + plain[-2:]


def _card_or_not(text: str) -> str:
    return mask_card(text) if is_card(text) else text


CARD_LENGTHS = {"2": (16,), "3": (14, 15, 16), "4": (16, 19), "5": (16,), "6": (16, 17, 18, 19)}


def is_card(text: str) -> bool:
    """Whether the digits of ``text`` can be a card's: as many as its first digit asks for, with Luhn's sum."""
    digits = re.sub(r"\D", "", text)
    if len(digits) not in CARD_LENGTHS.get(digits[:1], ()):
        return False
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_REPLACED: dict[str, Callable[[str], str]] = {
    "email": mask_email,
    "identity": _identity,
    "card": _card_or_not,
    "mobile": mask_phone,
    "phone": mask_phone,
}

# How a field is masked, by what it holds.
MASKS: dict[str, Callable[[Any], Any]] = {
    "name": mask_name,
    "email": mask_email,
    "phone": mask_phone,
    "address": mask_address,
    "text": mask_text,
    "file": lambda _file: "",
    "contact": lambda text: mask_email(text) if "@" in text else mask_phone(text),
}


# What representations call such data. A name is somebody's own only beside or under what says whose it is.
FIELDS: dict[str, Callable[[str], Any]] = {
    "email": mask_email,
    "phone": mask_phone,
    "phone_masked": mask_phone,
    "mobile": mask_phone,
    "address": lambda text: mask_email(text) if "@" in text else mask_address(text),
    "buyer_name": mask_name,
}
PEOPLE = ("customer", "buyer", "requester")  # objects with a ``name``
MONEY = ("amount", "price")  # how the names of such fields end
FILES = ("payload", "attachments")  # where files of a line stand
OWNERS = {"kind": "name", "sender_kind": "sender_name", "author_kind": "author_name", "by_kind": "by"}


def mask_record(value: Any, keep: Keep = ()) -> Any:
    """A JSON-able representation as somebody sees it who sees masks: fields by name, and every text by its looks."""
    if isinstance(value, str):
        return value if _UUID.fullmatch(value) else mask_text(value, keep)
    if isinstance(value, list | tuple):
        return [mask_record(part, keep) for part in value]
    if not isinstance(value, dict):
        return value
    value = without_addresses(value, keep)
    own = {OWNERS[name] for name, kind in value.items() if kind == "customer" and name in OWNERS}
    return {name: _masked_part(name, part, name in own, keep) for name, part in value.items()}


def without_addresses(line: dict[str, Any], keep: Keep = ()) -> dict[str, Any]:
    """``line`` without the addresses of files, where a customer wrote it: what is in them cannot be masked."""
    if not _is_customers(line):
        return line
    return line | {name: _unlinked(line[name], keep) for name in FILES if name in line}


def _is_customers(line: dict[str, Any]) -> bool:
    """Whether a customer wrote ``line``."""
    sender = line.get("sender")
    said = sender.get("kind") if isinstance(sender, dict) else None
    return "customer" in (said, line.get("sender_kind"), line.get("author_kind"))


def _unlinked(part: Any, keep: Keep) -> Any:
    if isinstance(part, list | tuple):
        return [_unlinked(one, keep) for one in part]
    is_file = isinstance(part, dict) and "url" in part and "mime" in part
    return part | {"url": ""} if is_file and str(part["url"]) not in keep else part


def _masked_part(name: str, part: Any, is_own_name: bool, keep: Keep) -> Any:
    if name == "address" and isinstance(part, dict):
        return {
            piece: text if str(text) in keep else mask_address({piece: text})[piece]
            for piece, text in part.items()
        }
    if name.endswith(MONEY) and isinstance(part, str) and _AMOUNT.fullmatch(part):
        return part
    mask = mask_name if is_own_name else FIELDS.get(name)
    if mask is not None and isinstance(part, str):
        return part if part in keep else mask(part)
    if name in PEOPLE and isinstance(part, dict) and isinstance(part.get("name"), str):
        whole = part["name"]
        part = part | {"name": whole if whole in keep else mask_name(whole)}
    return mask_record(part, keep)
