"""A second reading of RAM's grammar, plain and slow, against which the real one is held."""

from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network

COMPARE = {
    "Equals": lambda a, b: a == b,
    "LessThan": lambda a, b: a < b,
    "LessThanEquals": lambda a, b: a <= b,
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanEquals": lambda a, b: a >= b,
}


def answer(document, action, asked, known):
    """Whether ``document`` allows ``action`` on ``asked``: {"kind", "queue", "inbox", "member"}."""
    hits = [s["Effect"] for s in document["Statement"] if _hit(s, action, asked, known)]
    return "Allow" in hits and "Deny" not in hits


def _hit(statement, action, asked, known):
    return (
        any(_action(pattern, action) for pattern in _many(statement["Action"]))
        and any(_resource(text.split(":", 4)[-1], asked) for text in _many(statement["Resource"]))
        and all(_holds(*one, known) for one in statement.get("Condition", {}).items())
    )


def _action(pattern, action):
    if pattern == "*":
        return True
    (app, verb), (asked_app, asked_verb) = pattern.lower().split(":"), action.lower().split(":")
    return fnmatchcase(asked_app, app) and fnmatchcase(asked_verb, verb)


def _resource(text, asked):
    kind, _, rest = text.partition("/")
    if kind in ("queue", "inbox"):
        return asked[kind] is not None and fnmatchcase(asked[kind].lower(), rest.removesuffix("/*").lower())
    return text == "*" or (asked["member"] if kind == "member" else kind == asked["kind"])


def _holds(operator, keys, known):
    nowhere = operator == "NotIpAddress" and known.get("helpdesk:source") in ("http", "socket")
    return all(
        _compare(operator, known.get(key.lower()), _many(values))
        or (nowhere and known.get(key.lower()) is None)
        for key, values in keys.items()
    )


def _compare(operator, has, values):
    if has is None:
        return False
    if operator == "Bool":
        return any(has == (value == "true") for value in values)
    if "IpAddress" in operator:
        return any(ip_address(has) in ip_network(value) for value in values) != operator.startswith("Not")
    name = operator.replace("Not", "")
    negated = name != operator
    if name == "StringLike":
        return any(fnmatchcase(has.lower(), value.lower()) for value in values) != negated
    if name == "StringEqualsIgnoreCase":
        return any(has.lower() == value.lower() for value in values) != negated
    family = next(one for one in ("String", "Numeric", "Date") if name.startswith(one))
    read = {"String": str, "Numeric": Decimal, "Date": datetime.fromisoformat}[family]
    return any(COMPARE[name.removeprefix(family)](has, read(value)) for value in values) != negated


def _many(value):
    return value if isinstance(value, list) else [value]
