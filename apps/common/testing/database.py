"""The test database: what differs from the real one, and how it is emptied between transactional tests."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.introspection import DatabaseIntrospection

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
def _keep_static_tables():
    """Transactional tests flush every table but ``KEPT_TABLES``."""
    every_table = DatabaseIntrospection.django_table_names

    def flushable(self, only_existing=False, include_views=True):
        names = every_table(self, only_existing=only_existing, include_views=include_views)
        return [name for name in names if name not in KEPT_TABLES]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseIntrospection, "django_table_names", flushable)
        yield


@pytest.fixture(autouse=True)
def _empty_cache():
    """Throttles and heartbeats of one test are none of the next one's business."""
    cache.clear()
