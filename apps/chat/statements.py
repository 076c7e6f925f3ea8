"""A connection to the database for an event loop: one statement after another, each committed by itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connections
from psycopg_pool import PoolTimeout

AWAY = (psycopg.OperationalError, OSError)  # what is raised while the database is not there

# A statement waits this long for a row that somebody else holds, and for the database.
OPTIONS = "-c lock_timeout=100 -c statement_timeout=2000 -c timezone=UTC"
CONNECTS_BY = {
    "host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey",
    "keepalives_idle", "keepalives_interval", "keepalives_count",
}  # fmt: skip


class NotReached(ConnectionError):
    """Nothing was sent."""


def may_have_worked(error: BaseException) -> bool:
    """Whether the statement may have committed all the same: once sent, only a word of the server's rules it out."""
    if isinstance(error, NotReached | PoolTimeout):
        return False
    state = getattr(error, "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))


class Statements:
    """Connects at first need, and anew after an end. No pool, which waits longer and longer before it tries again."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection | None = None
        self._lock = asyncio.Lock()

    async def ask(self, query: str, values: list[Any]) -> list[Sequence]:
        """The rows of ``query``, committed. Raises what psycopg raises, and ``NotReached``."""
        async with self._lock:
            connection = await self._connected()
            return await (await connection.execute(query, values)).fetchall()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _connected(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            try:
                self._connection = await _connect()
            except AWAY as error:
                raise NotReached(str(error)) from error
        return self._connection


async def _connect() -> psycopg.AsyncConnection:
    params = connections["default"].get_connection_params()
    wanted = {key: params[key] for key in CONNECTS_BY & params.keys()}
    return await psycopg.AsyncConnection.connect(
        **wanted, autocommit=True, connect_timeout=2, tcp_user_timeout=5_000, options=OPTIONS
    )
