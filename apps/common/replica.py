"""Reading from a replica where that is allowed to be a little late.

Only safe requests of signed-in users read there, only tables of ``REPLICA_APPS``, and only while nothing speaks against
it: the request has written, the user has within the last ``REPLICA_PIN_S`` seconds, a transaction is open, or the
replica is away or lags. Locks and writes are always the primary's.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse

from apps.common.ids import digest

logger = logging.getLogger(__name__)

PRIMARY, REPLICA = DEFAULT_DB_ALIAS, "replica"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CHECK_S = 5.0  # a replica that was well is believed to be for so long; one that was not, likewise
LAG = """
SELECT CASE WHEN NOT pg_is_in_recovery() OR pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
       ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 1e9) END
"""


@dataclass
class Reading:
    """What one request may do; ``wrote`` once it has changed something."""

    wrote: bool = False


_reading: ContextVar[Reading | None] = ContextVar("replica_reading", default=None)


@contextmanager
def late_reads() -> Iterator[Reading]:
    """Within the block, reads may be a little late until it writes."""
    reading = Reading()
    token = _reading.set(reading)
    try:
        yield reading
    finally:
        _reading.reset(token)


class ReplicaRouter:
    """Where each query goes. Always names a database: Django's own guess would write to where a row came from."""

    def db_for_read(self, model: Any, **_hints: Any) -> str:
        reading = _reading.get()
        if reading is None or reading.wrote or model._meta.app_label not in settings.REPLICA_APPS:
            return PRIMARY
        if not settings.REPLICA_DATABASE_URL or connections[PRIMARY].in_atomic_block:
            return PRIMARY
        return REPLICA if _health.is_well() else PRIMARY

    def db_for_write(self, model: Any, **_hints: Any) -> str:
        reading = _reading.get()
        if reading is not None and model._meta.app_label in settings.REPLICA_APPS:
            reading.wrote = True
        return PRIMARY

    def allow_relation(self, *_rows: Any, **_hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, *_names: Any, **_hints: Any) -> bool:
        return db != REPLICA


class Health:
    """Whether the replica answers and follows closely; asked anew every ``CHECK_S``."""

    def __init__(self) -> None:
        self._well, self._until = False, 0.0

    def is_well(self) -> bool:
        if time.monotonic() >= self._until:
            self._well = self._check()
            self._until = time.monotonic() + CHECK_S
        return self._well

    def forget(self) -> None:
        self._until = 0.0

    def _check(self) -> bool:
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute(LAG)
                lag = float(cursor.fetchone()[0])
        except Error:
            logger.warning("The replica is away; reading from the primary.", exc_info=True)
            return False
        if lag > settings.REPLICA_PIN_S:
            logger.warning("The replica is %.0f s behind; reading from the primary.", lag)
        return lag <= settings.REPLICA_PIN_S


_health = Health()


class ReplicaMiddleware:
    """Lets safe requests of signed-in users read late; who has written reads what they wrote.

    Stands after authentication. The pin is in the cache, so that it holds for all processes and for API clients.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.REPLICA_DATABASE_URL:
            return self.get_response(request)
        if request.method not in SAFE:
            return self._pinning(request)
        if _pinned(request):
            return self.get_response(request)
        with late_reads() as reading:
            response = self.get_response(request)
        if reading.wrote:
            _pin(request)
        return response

    def _pinning(self, request: HttpRequest) -> HttpResponse:
        # Before and after: a read that runs beside the write must not be late either.
        _pin(request)
        try:
            return self.get_response(request)
        finally:
            _pin(request)


def _key(request: HttpRequest) -> str:
    """By user where the session knows one; API clients are known by their credential alone."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"replica:pin:user:{user.pk}"
    credential = request.headers.get("Authorization", "")
    return f"replica:pin:token:{digest(credential)}" if credential else ""


def _pinned(request: HttpRequest) -> bool:
    """Nobody in particular reads from the primary, as does everybody while the cache is away."""
    key = _key(request)
    try:
        return not key or bool(cache.get(key))
    except Exception:
        return True


def _pin(request: HttpRequest) -> None:
    key = _key(request)
    try:
        if key:
            cache.set(key, 1, timeout=settings.REPLICA_PIN_S)
    except Exception:
        logger.warning("A pin to the primary was not kept.", exc_info=True)
