"""The test databases: copies of one that was migrated once a run, and how they get back to that between tests.

A transactional test ends in one round trip. Django's own way truncates, which the audit trail forbids, numbers
content types anew, which a live desk remembers, and makes roles and permissions again, which takes a second. The role
of the tests has to be a superuser.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.cache import cache
from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase
from psycopg import sql
from psycopg.errors import DeadlockDetected

from apps.common import launch
from apps.common.embedded.postgres import maintenance_connection
from apps.common.testing import live

# Never changed by a test, and remembered by processes.
CONSTANT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Each worker's database starts as a copy of the migrated one."""
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template()


def migrated_template() -> str:
    """The name of the migrated database of this run, made by the first worker that asks."""
    name = os.environ["TEST_TEMPLATE"]
    with maintenance_connection(os.environ["DATABASE_URL"]) as server, _alone(server, name):
        if not _exists(server, name):
            _migrate(server, name)
    return name


@contextmanager
def _alone(server: psycopg.Connection, name: str) -> Iterator[None]:
    server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
    yield
    server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])


def _exists(server: psycopg.Connection, name: str) -> bool:
    return bool(server.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount)


def _migrate(server: psycopg.Connection, name: str) -> None:
    """In a process of its own: nobody may be connected to a database while it is copied."""
    unfinished = f"{name}_unfinished"
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{unfinished}")
    program = launch.manage("migrate", "migrate", "--verbosity=0", env={"DATABASE_URL": urlunsplit(url)})
    subprocess.run(list(program.argv), env={**os.environ, **program.env}, check=True)
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """After the migrations, learn how to get back to here; transactional tests then end that way."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        statement = reset_statement()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: reset(statement))
        patch.setattr(live.keeper, "clear", lambda: _reset_between(statement))
        yield


def reset_statement() -> sql.Composed:
    """Keeps a copy of every row there is now; returns the SQL that empties the tables and puts the copies back."""
    tables = [name for name in connection.introspection.table_names() if name not in CONSTANT_TABLES]
    # As a replica: no triggers, no foreign keys, and no table locks that a live desk would wait for.
    parts: list[sql.Composable] = [sql.SQL("SET LOCAL session_replication_role = replica")]
    parts += [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in tables]
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA baseline")
        for name in filter(has_rows, tables):
            table, copy = sql.Identifier(name), sql.Identifier("baseline", name)
            cursor.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(copy, table))
            parts.append(sql.SQL("INSERT INTO {} SELECT * FROM {}").format(table, copy))
    return sql.SQL("; ").join(parts)


def has_rows(table: str) -> bool:
    """Whether ``table`` holds anything."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table)))
        return cursor.fetchone()[0]


def reset(statement: sql.Composed, *, attempts: int = 10) -> None:
    """Run ``statement``, again when a transaction of a live desk stood in its way."""
    for attempt in range(1, attempts + 1):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                return cursor.execute(statement)
        except OperationalError as error:
            if attempt == attempts or not isinstance(error.__cause__, DeadlockDetected):
                raise


def _reset_between(statement: sql.Composed) -> None:
    """``reset`` while no test runs: none would close the connection."""
    reset(statement)
    connection.close()


@pytest.fixture(autouse=True)
def _empty_cache():
    """Throttles and heartbeats of one test are none of the next one's business."""
    cache.clear()
