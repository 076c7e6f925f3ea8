"""A connection to the database for an event loop: statements one after the other, each committed by itself, and the
next on its way while the one before works.

By libpq's pipeline mode, as psycopg wraps it: psycopg's own connection asks again only when it has been answered, and
each question costs it a timer and two changes to what the loop watches. Measured with one pair of people who talk
without a pause: 0.8 ms to an ack, 1.05 before.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connections
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg_pool import PoolTimeout

AWAY = (psycopg.OperationalError, OSError)  # what is raised while the database is not there

# A statement waits this long for a row that somebody else holds, and for the database.
OPTIONS = "-c lock_timeout=100 -c statement_timeout=2000 -c timezone=UTC"
CONNECTS_BY = {
    "host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey",
    "channel_binding", "gssencmode", "target_session_attrs", "client_encoding",
    "keepalives_idle", "keepalives_interval", "keepalives_count",
}  # fmt: skip

Rows = list[Sequence[Any]]
Values = Sequence[str | bool]


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
        self._pipeline: Pipeline | None = None
        self._connecting = asyncio.Lock()

    async def ask(self, query: str, values: Values) -> Rows:
        """The rows of ``query``, committed. Raises what psycopg raises, and ``NotReached``."""
        pipeline = self._pipeline
        if pipeline is None or pipeline.ended:
            pipeline = await self._connected()
        return await pipeline.ask(query, values)

    async def close(self) -> None:
        """What was asked and not answered fails."""
        if self._pipeline is not None:
            await self._pipeline.close()

    async def _connected(self) -> "Pipeline":
        async with self._connecting:
            if self._pipeline is None or self._pipeline.ended:
                try:
                    self._pipeline = Pipeline(await _connect())
                except AWAY as error:
                    raise NotReached(str(error)) from error
            return self._pipeline


class Pipeline:
    """Statements under way on a connection, and who waits for each; answered in the order in which they were asked."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self.connection = connection
        self.ended = False
        self._wire = connection.pgconn
        self._socket = self._wire.socket
        self._loop = asyncio.get_running_loop()
        self._asked: deque[tuple[str, asyncio.Future[Rows]]] = deque()
        self._answer: Rows | psycopg.Error = []  # to the first of them, as far as it has come
        self._names: dict[str, bytes] = {}  # of statements
        self._prepared: set[str] = set()
        self._wire.enter_pipeline_mode()
        self._loop.add_reader(self._socket, self._read)

    async def ask(self, query: str, values: Values) -> Rows:
        answer: asyncio.Future[Rows] = self._loop.create_future()
        dumps = [dumped(value) for value in values]
        try:
            self._send(query, dumps)
        except Exception as error:
            self._end(error)
            raise
        self._asked.append((query, answer))
        return await answer

    def _send(self, query: str, values: list[bytes]) -> None:
        name = self._names.setdefault(query, f"s{len(self._names)}".encode())
        if query not in self._prepared:
            self._prepared.add(query)
            self._wire.send_close_prepared(name)  # libpq 17; no error where there is none
            self._wire.send_prepare(name, numbered(query).encode())
        self._wire.send_query_prepared(name, values)
        self._wire.pipeline_sync()  # its own transaction
        self._flush()

    def _flush(self) -> None:
        if self._wire.flush():
            self._loop.add_writer(self._socket, self._read)
        else:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        try:
            self._flush()
            self._wire.consume_input()
            while self._asked and not self._wire.is_busy():
                result = self._wire.get_result()
                if result is None and self._wire.status == pq.ConnStatus.BAD:
                    raise psycopg.OperationalError("The connection has ended.")
                self._take(result)
        except Exception as error:  # else who waits would wait for ever
            self._end(error)

    def _take(self, result: Any) -> None:
        """Answers end in a mark; between the parts of one stands nothing."""
        status = result.status if result else None
        if status == pq.ExecStatus.PIPELINE_SYNC:
            answer, self._answer = self._answer, []
            query, asked = self._asked.popleft()
            failed = isinstance(answer, psycopg.Error)
            if failed:  # perhaps it could not be prepared, or is no more what it was
                self._prepared.discard(query)
            if not asked.done():  # else nobody waits for it any more
                (asked.set_exception if failed else asked.set_result)(answer)
        elif status == pq.ExecStatus.FATAL_ERROR:
            self._answer = error_from_result(result)
        elif status == pq.ExecStatus.TUPLES_OK:
            rows = Transformer(self.connection)
            rows.set_pgresult(result)
            self._answer = rows.load_rows(0, result.ntuples, tuple)

    def _end(self, error: Exception) -> None:
        if self.ended:
            return
        self.ended = True
        with contextlib.suppress(OSError):  # asyncio's, where libpq has closed it already
            self._loop.remove_writer(self._socket)
        self._loop.remove_reader(self._socket)
        first = self._answer if isinstance(self._answer, psycopg.Error) else error
        asked, self._asked = self._asked, deque()
        for _query, one in asked:
            if not one.done():
                one.set_exception(first)
            first = error
        self._wire.finish()

    async def close(self) -> None:
        self._end(psycopg.OperationalError("The connection was closed."))
        await self.connection.close()


def numbered(query: str) -> str:
    """With the placeholders of the server: $1, $2."""
    first, *others = query.split("%s")
    return first + "".join(f"${number}{other}" for number, other in enumerate(others, start=1))


def dumped(value: str | bool) -> bytes:
    return value.encode() if isinstance(value, str) else b"ft"[value : value + 1]


async def _connect() -> psycopg.AsyncConnection:
    params = connections["default"].get_connection_params()
    wanted = {key: params[key] for key in CONNECTS_BY & params.keys()}
    return await psycopg.AsyncConnection.connect(
        **wanted, autocommit=True, connect_timeout=2, tcp_user_timeout=5_000, options=OPTIONS
    )
