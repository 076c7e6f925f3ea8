"""Is this process alive (``/healthz``), and can it serve (``/readyz``)?"""

import logging
import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

logger = logging.getLogger(__name__)

HEARTBEAT_KEY = "health:worker"
HEARTBEAT_MAX_AGE = 60  # seconds; the canary runs every 15
PROBES = ("/healthz", "/readyz")


class NotReady(Exception):
    """What a check found missing, fit to be shown to anybody."""


def beat_heart() -> None:
    """Note that a worker works."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=3600)


def check_database() -> None:
    """PostgreSQL answers within the time-out of the pool."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_redis() -> None:
    """Redis takes and returns a value."""
    cache.set("health:probe", "1", timeout=10)
    if cache.get("health:probe") != "1":
        raise NotReady("does not keep what it is given")


_migrated = False


def check_migrations() -> None:
    """Every migration of this code is applied. Asked until it is so, then remembered."""
    global _migrated
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotReady(f"{len(missing)} not applied")
    _migrated = True


def check_worker() -> None:
    """A worker ran the canary lately."""
    seen = cache.get(HEARTBEAT_KEY)
    if seen is None:
        raise NotReady("no heartbeat yet")
    age = time.time() - seen
    if age > HEARTBEAT_MAX_AGE:
        raise NotReady(f"last heartbeat {age:.0f} s ago")


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "redis": check_redis,
    "migrations": check_migrations,
    "worker": check_worker,
}


def readiness() -> dict:
    """``{"ok": bool, "checks": {name: {"ok": bool, "detail": str}}}``, every check asked."""
    checks = {name: _outcome(name, check) for name, check in CHECKS.items()}
    return {"ok": all(outcome["ok"] for outcome in checks.values()), "checks": checks}


def _outcome(name: str, check: Callable[[], None]) -> dict:
    try:
        check()
    except NotReady as reason:
        return {"ok": False, "detail": str(reason)}
    except Exception as error:
        logger.warning("Not ready: %s: %s", name, error)
        return {"ok": False, "detail": type(error).__name__}  # its text may hold addresses
    return {"ok": True, "detail": ""}


class HealthMiddleware:
    """Answers the probes before anything else looks at them: they come by address, without our host name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in PROBES:
            return self.get_response(request)
        state = {"ok": True} if request.path == "/healthz" else readiness()
        response = JsonResponse(state, status=200 if state["ok"] else 503)
        response["Cache-Control"] = "no-store"
        response._has_been_logged = True  # type: ignore[attr-defined]  # else Django logs each 503 as an error
        return response
