"""The ways to a customer. Apps above register theirs at start; e-mail is our own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Telling:
    """One thing to say to a customer, in words. The same ``ref`` must not be said twice."""

    customer_id: int
    milestone: str
    text: str
    ref: UUID
    at: datetime


Teller = Callable[[Telling], bool]
_tellers: dict[str, Teller] = {}


def channel(name: str) -> Callable[[Teller], Teller]:
    """Decorator: the function says a ``Telling``, in the caller's transaction; false when it does not reach them."""

    def register(teller: Teller) -> Teller:
        _tellers[name] = teller
        return teller

    return register


def teller_of(name: str) -> Teller | None:
    """Who speaks on the channel ``name``; None where no app has registered it."""
    return _tellers.get(name)
