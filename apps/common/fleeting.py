"""Remembering for a moment, where what is remembered is about people."""

import re
from collections.abc import Callable
from functools import lru_cache, update_wrapper
from time import monotonic
from typing import Any, Generic, TypeVar

LASTS = 60  # seconds
Result = TypeVar("Result")


class Fleeting(Generic[Result]):
    """Decorator: as ``lru_cache``, but the first call after a minute finds nothing of what was before.

    No call of another process is needed for what an erasure took to go from here. Expressions that the module ``re``
    remembers go too: names are in them.
    """

    def __init__(self, function: Callable[..., Result]) -> None:
        update_wrapper(self, function)
        self._cached, self._since = lru_cache(maxsize=512)(function), monotonic()
        self.cache_info = self._cached.cache_info

    def __call__(self, *args: Any) -> Result:
        if monotonic() - self._since > LASTS:
            self.cache_clear()
        return self._cached(*args)

    def cache_clear(self) -> None:
        self._cached.cache_clear()
        re.purge()
        self._since = monotonic()
