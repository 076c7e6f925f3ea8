"""A figure of the dashboard as a tile: a value, what it is of, and how it is defined."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.console.templatetags.figures import percent
from apps.monitoring.measures import Share


@dataclass(frozen=True)
class Tile:
    """One figure; ``meaning`` is its definition, ``bars`` are its parts, each with a name and a number."""

    code: str
    label: str
    value: Any
    note: str = ""
    meaning: str = ""
    tone: str = ""
    bars: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Group:
    """Tiles under one heading."""

    code: str
    label: str
    tiles: list[Tile]


def of(part: int, whole: int) -> str:
    return _("%(n)s of %(of)s") % {"n": part, "of": whole}


def share_tile(code: str, label: str, share: Share, meaning: str) -> Tile:
    return Tile(code, label, percent(share.share), of(share.part, share.whole), meaning)
