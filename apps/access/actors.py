"""Who can act besides signed-in users: the desk itself and its robot."""

from dataclasses import dataclass
from typing import Any, Protocol


class Actor(Protocol):
    """A ``User``, a ``Customer`` or a ``SystemActor``."""

    @property
    def pk(self) -> Any: ...

    @property
    def actor_kind(self) -> str: ...

    @property
    def actor_label(self) -> str: ...


@dataclass(frozen=True)
class SystemActor:
    """A part of the desk that acts on its own; allowed everything that code makes it do."""

    actor_kind: str
    actor_label: str
    pk: None = None


SYSTEM = SystemActor("system", "Helpdesk")
ROBOT = SystemActor("robot", "Robot")
