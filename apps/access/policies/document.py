"""A policy document: read, checked, and made ready to be asked."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from apps.access.policies.conditions import KEYS, OBJECT_KEYS, OPERATORS, Condition, glob
from apps.access.policies.resources import Target
from apps.access.registry import known_actions

VERSION = "1"
MAX_CHARS = 6144  # as RAM
WILD = set("*?")
READING = ("Read", "See", "List")  # verbs of actions that lists ask for
ORDER = ("Version", "Statement", "Sid", "Effect", "Action", "Resource", "Condition")
PARTS = set(ORDER[2:])


@dataclass(frozen=True)
class Problem:
    """What is wrong with a document, and where: ``$.Statement[0].Action[1]``."""

    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}"


class Malformed(ValueError):
    """A document that no policy can hold; ``problems`` names each fault by its JSON path."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


@dataclass(frozen=True)
class Statement:
    """One statement, ready to be asked."""

    index: int
    effect: str
    actions: tuple[str, ...]  # patterns
    targets: tuple[Target, ...]
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    source: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def denies(self) -> bool:
        return self.effect == "Deny"

    def names(self, action: str) -> bool:
        """Whether it speaks of ``action``."""
        return action.lower() in self._plain or any(one.fullmatch(action) for one in self._patterns)

    @cached_property
    def _plain(self) -> frozenset[str]:
        return frozenset(one.lower() for one in self.actions if not WILD & set(one))

    @cached_property
    def _patterns(self) -> list[Any]:
        return [action_pattern(one) for one in self.actions if WILD & set(one)]


def action_pattern(pattern: str) -> Any:
    """An expression for ``chat:*``: wildcards stay on their side of the colon, a single ``*`` is everything."""
    return glob(pattern) if pattern == "*" else glob(pattern, stop=":")


def parse(document: Any) -> tuple[Statement, ...]:
    """The statements of ``document``. Raises ``Malformed``."""
    problems = list(_of_document(document))
    if problems:
        raise Malformed(problems)
    return statements_of(document)


def statements_of(document: Any) -> tuple[Statement, ...]:
    """Those of a stored document; actions that the desk has given up meanwhile name nothing."""
    return tuple(_statement(at, part) for at, part in enumerate(document["Statement"]))


def problems_of(document: Any) -> list[Problem]:
    """What is wrong with ``document``; empty when nothing is."""
    return list(_of_document(document))


def _statement(at: int, part: dict[str, Any]) -> Statement:
    conditions = tuple(
        Condition(
            operator.lower(),
            key.lower(),
            tuple(OPERATORS[operator.lower()].read(value) for value in many(values)),
        )
        for operator, keys in part.get("Condition", {}).items()
        for key, values in keys.items()
    )
    targets = tuple(Target.parse(resource) for resource in many(part["Resource"]))
    return Statement(
        at, part["Effect"], tuple(many(part["Action"])), targets, conditions, part.get("Sid", ""), part
    )


def as_text(document: Any) -> str:
    """A document or a part of it as people read it: the database keeps no order of the names."""
    return json.dumps(_ordered(document), indent=2, ensure_ascii=False)


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(part) for part in value]
    if not isinstance(value, dict):
        return value
    names = sorted(value, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return {name: _ordered(value[name]) for name in names}


def many(value: Any) -> list[Any]:
    """A list as it is, anything else as the only one."""
    return value if isinstance(value, list) else [value]


def _of_document(document: Any) -> Iterator[Problem]:
    if not isinstance(document, dict):
        yield Problem("$", _("A policy is a JSON object."))
        return
    if len(json.dumps(document, ensure_ascii=False, default=str)) > MAX_CHARS:
        yield Problem("$", _("A policy has at most %(most)s characters.") % {"most": MAX_CHARS})
        return
    for name in document.keys() - {"Version", "Statement"}:
        yield Problem(f"$.{name}", _("Only Version and Statement belong here."))
    if document.get("Version") != VERSION:
        yield Problem("$.Version", _('The version is "%(version)s".') % {"version": VERSION})
    statements = document.get("Statement")
    if not isinstance(statements, list) or not statements:
        yield Problem("$.Statement", _("A policy has a list of at least one statement."))
        return
    for at, part in enumerate(statements):
        yield from _of_statement(f"$.Statement[{at}]", part)


def _of_statement(path: str, part: Any) -> Iterator[Problem]:
    if not isinstance(part, dict):
        yield Problem(path, _("A statement is a JSON object."))
        return
    for name in sorted(map(str, part.keys() - PARTS)):
        yield Problem(
            f"{path}.{name}", _("A statement has Sid, Effect, Action, Resource and Condition only.")
        )
    if part.get("Effect") not in ("Allow", "Deny"):
        yield Problem(f"{path}.Effect", _('The effect is "Allow" or "Deny".'))
    if not is_storable(part.get("Sid", "")):
        yield Problem(f"{path}.Sid", _("A Sid is a text."))
    yield from _of_texts(f"{path}.Action", part.get("Action"), _of_action)
    yield from _of_texts(f"{path}.Resource", part.get("Resource"), Target.problem)
    if "Condition" in part:
        yield from _of_conditions(f"{path}.Condition", part["Condition"], part.get("Action"))


def _of_texts(path: str, value: Any, check: Any) -> Iterator[Problem]:
    """Faults of one text or a list of them."""
    if value is None or value == []:
        yield Problem(path, _("This is missing."))
        return
    for at, text in enumerate(many(value)):
        where = f"{path}[{at}]" if isinstance(value, list) else path
        detail = check(text) if isinstance(text, str) else _("This has to be a text.")
        if detail:
            yield Problem(where, detail)


def _of_action(pattern: str) -> str:
    if pattern.isascii() and any(action_pattern(pattern).fullmatch(action) for action in known_actions()):
        return ""
    return _("The desk knows no action “%(pattern)s”.") % {"pattern": pattern}


def _of_conditions(path: str, blocks: Any, actions: Any) -> Iterator[Problem]:
    if not isinstance(blocks, dict) or not blocks:
        yield Problem(path, _("Conditions are an object: {operator: {key: value}}."))
        return
    for operator, keys in blocks.items():
        where = f"{path}.{operator}"
        if operator.lower() not in OPERATORS:
            yield Problem(where, _("The desk knows no such operator."))
        elif not isinstance(keys, dict) or not keys:
            yield Problem(where, _("An operator takes an object: {key: value}."))
        else:
            for key, values in keys.items():
                yield from _of_key(f"{where}.{key}", operator.lower(), key.lower(), values)
                if key.lower() in OBJECT_KEYS and reads(actions):
                    yield Problem(
                        f"{where}.{key}",
                        _("What may be read cannot depend on this: lists could not know it."),
                    )


def reads(actions: Any) -> bool:
    """Whether any of the patterns speaks of an action by which rows are listed."""
    patterns = [action_pattern(text) for text in many(actions) if isinstance(text, str)]
    listed: Iterable[str] = (name for name in known_actions() if name.partition(":")[2].startswith(READING))
    return any(pattern.fullmatch(name) for name in listed for pattern in patterns)


def _of_key(path: str, operator: str, key: str, values: Any) -> Iterator[Problem]:
    kind = KEYS.get(key)
    if kind is None:
        yield Problem(path, _("The desk knows no such key."))
        return
    if kind != OPERATORS[operator].kind:
        yield Problem(path, _("This operator does not fit this key."))
        return
    if values == []:
        yield Problem(path, _("This is missing."))
    for at, value in enumerate(many(values)):
        try:
            if not is_storable(value) and not isinstance(value, int | float):
                raise ValueError(_("This has to be a text."))
            OPERATORS[operator].read(value)
        except ValueError as error:
            yield Problem(f"{path}[{at}]" if isinstance(values, list) else path, str(error))


def is_storable(value: Any) -> bool:
    """Whether it is a text that the database can keep: without NUL, and without half a character."""
    return (
        isinstance(value, str)
        and "\x00" not in value
        and not any("\ud800" <= char <= "\udfff" for char in value)
    )
