"""The test database: what differs from the real one, and how it is emptied between transactional tests."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.backends.postgresql.introspection import DatabaseIntrospection
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.errors import DeadlockDetected

# Numbered anew after each flush, they would differ from what the processes of a live desk remember.
KEPT_TABLES = {"django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let tests empty the audit trail, which the real database forbids."""
    with django_db_blocker.unblock():
        set_trigger("audit_no_truncate", enabled=False)


def set_trigger(name: str, *, enabled: bool) -> None:
    """Switch the trigger ``name`` on whatever table has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [name])
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} {'ENABLE' if enabled else 'DISABLE'} TRIGGER {name}")


@pytest.fixture(autouse=True, scope="session")
def _flush_for_live_desk():
    """Between transactional tests all tables are emptied but ``KEPT_TABLES``, also while a live desk uses them."""
    every_table = DatabaseIntrospection.django_table_names
    flush = DatabaseOperations.execute_sql_flush

    def flushable(self, only_existing=False, include_views=True):
        names = every_table(self, only_existing=only_existing, include_views=include_views)
        return [name for name in names if name not in KEPT_TABLES]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseIntrospection, "django_table_names", flushable)
        patch.setattr(DatabaseOperations, "execute_sql_flush", lambda *args: retry_deadlocks(flush, *args))
        yield


def retry_deadlocks(flush: Callable, *args, attempts: int = 10) -> None:
    """Call ``flush`` again when a transaction of the live desk stood in its way."""
    for attempt in range(1, attempts + 1):
        try:
            return flush(*args)
        except OperationalError as error:
            if attempt == attempts or not isinstance(error.__cause__, DeadlockDetected):
                raise


@pytest.fixture(autouse=True)
def _empty_cache():
    """Throttles and heartbeats of one test are none of the next one's business."""
    cache.clear()
