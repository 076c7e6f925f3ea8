"""Calling the ORM from async code without one thread for everybody.

``database_sync_to_async`` runs all sync code of a process in a single thread, so one slow query freezes every
socket. Here a bounded pool of threads does it, and each call gives its connection back to the pool.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import close_old_connections, connections
from django.utils import translation

P = ParamSpec("P")
T = TypeVar("T")

_threads: ThreadPoolExecutor | None = None


def _executor() -> ThreadPoolExecutor:
    global _threads
    if _threads is None:
        _threads = ThreadPoolExecutor(settings.DB_THREADS, thread_name_prefix="db")
    return _threads


def _call(fn: Callable[[], T], language: str) -> T:
    close_old_connections()
    try:
        with translation.override(language):  # asgiref hides the caller's from threads that it did not start
            return fn()
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close()


async def run_db(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run sync ORM code in the pool, with the caller's context variables and language."""
    context = contextvars.copy_context()
    work = partial(context.run, _call, partial(fn, *args, **kwargs), translation.get_language())
    return await asyncio.get_running_loop().run_in_executor(_executor(), work)
