"""What a statement speaks of: ``acs:helpdesk:<region>:<account>:<resource>``.

A resource is ``*`` (everything), ``member/*`` (one's own, and what lies in queues and inboxes that one belongs to),
``queue/shoes/*`` or ``inbox/web-*/*`` (what lies in them), or ``refund/*`` (every object of a kind).
Patterns end at a queue, an inbox or a kind, so that a list can be narrowed to exactly what each object would answer.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from apps.access.policies.conditions import STARS, glob

SERVICE = "helpdesk"
SCOPES = ("queue", "inbox")
SLUG_MAX = 50
PREFIX = f"acs:{SERVICE}:*:*:"


class Extent(StrEnum):
    """How much is asked for."""

    SOMETHING = "something"  # at all: may they do it anywhere?
    EVERYTHING = "everything"  # without a bound
    ONE = "one"  # one object


@dataclass(frozen=True)
class Resource:
    """What is asked for. What may cost a query is asked only if a statement depends on it."""

    extent: Extent = Extent.SOMETHING
    kind: str = ""  # of object: "session", "ticket"
    slug_of: Callable[[str], str | None] = lambda _scope: None  # of the "queue" or "inbox" in which it lies
    is_member: Callable[[], bool] = lambda: False  # whether it is one's own, or lies where one belongs
    attributes: Mapping[str, Any] = field(default_factory=dict)  # for conditions, by key in lower case


@dataclass(frozen=True)
class Target:
    """One ``Resource`` of a statement. ``slug`` is a pattern, for scopes only."""

    kind: str  # "*", "member", a scope, or a kind of object
    slug: str = ""

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Of a valid text; see ``problem``."""
        kind, _slash, rest = relative(text).partition("/")
        return cls(kind, STARS.sub("*", rest.removesuffix("/*")) if kind in SCOPES else "")

    @property
    def text(self) -> str:
        """As people write it."""
        if self.kind == "*":
            return "*"
        return f"{self.kind}/{self.slug}/*" if self.slug else f"{self.kind}/*"

    @staticmethod
    def problem(text: str) -> str:
        """What is wrong with a text as a resource; empty when nothing is."""
        if text != "*" and (text.count(":") < 4 or not text.startswith(f"acs:{SERVICE}:")):
            return _("A resource is * or begins like %(prefix)s.") % {"prefix": PREFIX}
        if text != "*" and text.split(":", 4)[2:4] != ["*", "*"]:
            return _("This desk has one region and one account: write * for both.")
        kind, _slash, rest = relative(text).partition("/")
        if kind == "*" and not rest:
            return ""
        if kind in SCOPES and _is_slug(rest.removesuffix("/*")):
            return ""
        if kind.isidentifier() and kind.isascii() and kind not in SCOPES and rest == "*":
            return ""
        return _("Write *, member/*, queue/<name>/*, inbox/<name>/* or <kind>/*.")

    def covers(self, asked: Resource, *, denying: bool) -> bool:
        """Whether it reaches what is asked for; a denial of a part denies everything, and nothing that is less."""
        if self.kind == "*" or (self.kind == asked.kind and self.kind not in SCOPES):
            return True
        if asked.extent is Extent.SOMETHING:
            return not denying
        if asked.extent is Extent.EVERYTHING:
            return denying
        if self.kind == "member":
            return asked.is_member()
        if self.kind not in SCOPES:
            return False
        slug = asked.slug_of(self.kind)
        return slug is not None and glob(self.slug).fullmatch(slug) is not None


def relative(text: str) -> str:
    """The last part of an ARN; a text that is none as it is."""
    return text.split(":", 4)[4] if text.count(":") >= 4 else text


def _is_slug(text: str) -> bool:
    fits = 0 < len(text) <= SLUG_MAX and text.isascii()
    return fits and all(char.isalnum() or char in "-_*?" for char in text)
