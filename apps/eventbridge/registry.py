"""Who works on which events. Upper apps say ``@handles("shop.order.*")`` in their ``handlers.py``.

A handler is called by a worker, outside any transaction, with a ``ReceivedEvent``; it may call others over the network.
It is called again after a failure, a crash or a replay, and events may come late or in disorder: it has to be safe to
run twice and must not let an old event undo a newer one. What it raises decides what follows: ``NotForUs`` keeps the
event as ignored, ``Invalid`` gives it up at once, anything else is retried.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True)
class ReceivedEvent:
    """A verified CloudEvent. ``source`` is the slug of the desk's ``EventSource``, ``origin`` what the event says."""

    pk: int
    source: str
    origin: str
    event_id: str
    type: str
    subject: str
    at: datetime  # the event's own time; when it was received where it has none
    data: Any


EventHandler = Callable[[ReceivedEvent], object]
_handlers: list[tuple[str, EventHandler]] = []


def handles(pattern: str) -> Callable[[EventHandler], EventHandler]:
    """Decorator: call the function with each event whose type matches, such as ``shop.order.*`` (``fnmatch``)."""

    def register(handler: EventHandler) -> EventHandler:
        _handlers.append((pattern, handler))
        return handler

    return register


def handlers_of(event_type: str) -> list[EventHandler]:
    """Those who work on events of ``event_type``, in the order of their registration."""
    return [handler for pattern, handler in _handlers if fnmatchcase(event_type, pattern)]


def forget(handler: EventHandler) -> None:
    """Take a handler out again: for tests."""
    _handlers[:] = [entry for entry in _handlers if entry[1] is not handler]
