"""The event loop of the bench's own processes."""

import asyncio
from collections.abc import Callable


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop, which is what uvicorn runs on; Python's own where there is none."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # not on every platform
        return asyncio.new_event_loop
    return new_event_loop
