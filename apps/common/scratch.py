"""A desk's database for the length of a measurement: a server of its own, migrated and empty, then gone."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import environ
from django.core.management import call_command
from django.db import connections

from apps.common.embedded.servers import running_servers


@contextmanager
def scratch_database(folder: Path) -> Iterator[None]:
    """Point ``default`` at an empty, migrated database on an own PostgreSQL below ``folder`` within the block.

    What the desk holds is not touched. Durable as in production, so that what is written costs what it costs there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as own,
        running_servers(Path(own), given={"REDIS_URL": "redis://127.0.0.1:1/0"}) as urls,
        _pointed_at(urls["DATABASE_URL"]),
    ):
        call_command("migrate", interactive=False, verbosity=0)
        yield


@contextmanager
def _pointed_at(url: str) -> Iterator[None]:
    connection = connections["default"]
    before = dict(connection.settings_dict)
    named = environ.Env.db_url_config(url)
    _let_go(connection)
    connection.settings_dict.update({key: named[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})
    try:
        yield
    finally:
        _let_go(connection)
        connection.settings_dict.update(before)


def _let_go(connection) -> None:
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
