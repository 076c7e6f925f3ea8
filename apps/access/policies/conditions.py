"""The conditions of a statement: operators, the keys that they may ask for, and whether they hold."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from django.utils.translation import gettext as _

PRINCIPAL = "acs:principalname"
# What a request tells, and what kind of value it is.
REQUEST_KEYS = {
    "acs:sourceip": "ip",
    "acs:currenttime": "date",
    "acs:mfapresent": "bool",
    PRINCIPAL: "string",
    "helpdesk:vendor": "string",
    "helpdesk:source": "string",  # http, socket, task, command
}
# What only the object tells. A list cannot ask it, so reading may not depend on it.
OBJECT_KEYS = {"helpdesk:amount": "number"}
BEHIND = "behind"  # in a situation, beside the keys: gives the names of those whose program acts; absent for people
CALLS = ("http", "socket")  # sources that have an address, known or not
KEYS = REQUEST_KEYS | OBJECT_KEYS

STARS = re.compile(r"\*+")

Values = Mapping[str, Any]  # by key in lower case; None or missing: unknown


@lru_cache(maxsize=4096)
def glob(pattern: str, *, stop: str = "") -> re.Pattern[str]:
    """``*`` and ``?`` as an expression over the whole text, neither crossing a character of ``stop``.

    What follows a ``*`` is taken where it stands first, for good: a hostile pattern takes no longer than another.
    """
    one = f"[^{re.escape(stop)}]" if stop else "."
    first, *rest = (
        "".join(one if char == "?" else re.escape(char) for char in part) for part in STARS.split(pattern)
    )
    middle = "".join(f"(?>{one}*?{part})" for part in rest[:-1])
    tail = f"{one}*{rest[-1]}" if rest else ""
    return re.compile(first + middle + tail, re.DOTALL | re.IGNORECASE)


def as_bool(value: Any) -> bool:
    """``true`` and ``false``, as RAM writes them. Raises ``ValueError``."""
    words = {"true": True, "false": False}
    if str(value).lower() not in words:
        raise ValueError(_("Write true or false."))
    return words[str(value).lower()]


def as_number(value: Any) -> Decimal:
    """Raises ``ValueError``."""
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(_("This is no number.")) from error
    if not number.is_finite():
        raise ValueError(_("This is no number."))
    return number


def as_date(value: Any) -> datetime:
    """A moment with its zone. Raises ``ValueError``."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(_("Write a time with its zone, like 2027-01-01T00:00:00+08:00."))
    return moment


def as_network(value: Any) -> IPv4Network | IPv6Network:
    """An address, or a network of them. Raises ``ValueError``."""
    try:
        return ip_network(str(value))
    except ValueError as error:
        raise ValueError(_("Write an address or a network, like 10.0.0.0/8.")) from error


@dataclass(frozen=True)
class Operator:
    """How values of ``kind`` are read from the document, and compared with what the request has."""

    kind: str
    read: Callable[[Any], Any]
    holds: Callable[[Any, Any], bool]  # (of the request, of the document)
    negated: bool = False  # true when no value of the document matches, instead of any


def _text(name: str, read: Callable[[Any], Any], holds: Callable[[Any, Any], bool]) -> dict[str, Operator]:
    return {
        f"string{name}": Operator("string", read, holds),
        f"stringnot{name}": Operator("string", read, holds, negated=True),
    }


def _ordered(kind: str, read: Callable[[Any], Any]) -> dict[str, Operator]:
    """The six comparisons of numbers and dates."""
    comparisons: dict[str, Callable[[Any, Any], bool]] = {
        "equals": lambda has, asked: has == asked,
        "lessthan": lambda has, asked: has < asked,
        "lessthanequals": lambda has, asked: has <= asked,
        "greaterthan": lambda has, asked: has > asked,
        "greaterthanequals": lambda has, asked: has >= asked,
    }
    prefix = "numeric" if kind == "number" else kind
    found = {prefix + name: Operator(kind, read, holds) for name, holds in comparisons.items()}
    return found | {f"{prefix}notequals": Operator(kind, read, comparisons["equals"], negated=True)}


@lru_cache(maxsize=4096)
def _in_network(has: Any, network: Any) -> bool:
    return ip_address(has) in network


OPERATORS: dict[str, Operator] = {
    **_text("equals", str, lambda has, asked: has == asked),
    **_text(
        "equalsignorecase", lambda value: str(value).casefold(), lambda has, asked: has.casefold() == asked
    ),
    **_text("like", lambda value: glob(str(value)), lambda has, asked: asked.fullmatch(has) is not None),
    **_ordered("number", as_number),
    **_ordered("date", as_date),
    "bool": Operator("bool", as_bool, lambda has, asked: has is asked),
    "ipaddress": Operator("ip", as_network, _in_network),
    "notipaddress": Operator("ip", as_network, _in_network, negated=True),
}


SPELLED = {
    name.lower(): name
    for name in (
        "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike "
        "NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan "
        "NumericGreaterThanEquals DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan "
        "DateGreaterThanEquals Bool IpAddress NotIpAddress acs:SourceIp acs:CurrentTime acs:MFAPresent "
        "acs:PrincipalName helpdesk:Vendor helpdesk:Source helpdesk:Amount"
    ).split()
}


@dataclass(frozen=True)
class Condition:
    """One operator over one key: any of its values has to match, or none where it is negated."""

    operator: str
    key: str
    values: tuple[Any, ...]

    @property
    def names(self) -> dict[str, str]:
        """Its operator and key as documents spell them."""
        return {"operator": SPELLED[self.operator], "key": SPELLED[self.key]}

    @property
    def asks_object(self) -> bool:
        return self.key in OBJECT_KEYS

    def holds(self, known: Values, *, unknown: bool = False) -> bool:
        """Whether it holds. What nobody knows makes it false; ``unknown`` is the answer for an object yet unnamed.

        A call over HTTP or a socket comes from somewhere: when its address is unknown (a Unix socket whose proxy adds
        no ``X-Forwarded-For``), that lies outside of every network, so that a denial by ``NotIpAddress`` keeps it out.
        """
        has = known.get(self.key)
        if has is None:
            from_nowhere = self.operator == "notipaddress" and known.get("helpdesk:source") in CALLS
            return from_nowhere or (unknown and self.asks_object)
        operator = OPERATORS[self.operator]
        return any(operator.holds(has, asked) for asked in self.values) is not operator.negated


def holding(
    conditions: Iterable[Condition], known: Values, *, denies: bool, unknown: bool = False
) -> Values | None:
    """The situation in which all ``conditions`` of a statement hold, or None.

    What is denied to somebody by name is denied to their programs too; what is allowed so is allowed to them alone.
    """
    conditions = tuple(conditions)
    situations = [known]
    if denies and BEHIND in known and any(one.key == PRINCIPAL for one in conditions):
        situations += [{**known, PRINCIPAL: name} for name in known[BEHIND]()]
    return next(
        (one for one in situations if all(part.holds(one, unknown=unknown) for part in conditions)), None
    )
