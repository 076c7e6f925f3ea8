"""In-process events: how a lower app tells the apps above it what happened.

An event is a frozen dataclass of ids. ``publish`` is called inside the transaction that made it true.
Atomic subscribers run at once, in that transaction: their rows commit or roll back with it. The others
run after commit, each on its own, and may be lost in a crash: they are wake-ups, never the only copy.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import transaction

logger = logging.getLogger(__name__)

Handler = Callable[[Any], object]
_atomic: dict[type, list[Handler]] = defaultdict(list)
_after_commit: dict[type, list[Handler]] = defaultdict(list)


def subscribe(event_type: type, *, atomic: bool = False) -> Callable[[Handler], Handler]:
    """Decorator: call the function with every published ``event_type``."""

    def register(handler: Handler) -> Handler:
        (_atomic if atomic else _after_commit)[event_type].append(handler)
        return handler

    return register


def publish(event: object) -> None:
    """Tell the subscribers of ``event``; an atomic one that raises undoes the publisher's transaction."""
    for handler in _atomic[type(event)]:
        handler(event)
    for handler in _after_commit[type(event)]:
        after_commit(handler, event)


def announce(event: object) -> None:
    """Tell the subscribers of what is committed already; one that fails is logged and stops no other."""
    for handler in _after_commit[type(event)]:
        try:
            handler(event)
        except Exception:
            logger.exception("%s failed on %r.", handler.__qualname__, event)


def after_commit(call: Callable[..., object], *args: object, **kwargs: object) -> None:
    """Call once the transaction has committed, whatever other such calls do; at once when there is none."""

    def run() -> None:
        call(*args, **kwargs)

    # Django names the function when it logs that it failed; it cannot name a ``partial``.
    run.__qualname__ = getattr(call, "__qualname__", repr(call))
    transaction.on_commit(run, robust=True)
