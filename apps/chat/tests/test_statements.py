"""Statements under way on one connection, against the real server."""

import asyncio

import psycopg
import pytest
from django.db import connection

from apps.chat.statements import Statements, may_have_worked
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)
SLOW = "SELECT pg_sleep(0.3)::text || %s::text"


@pytest.fixture
async def database():
    one = Statements()
    await one.ask("SELECT 1", [])
    yield one
    await one.close()


def begin(database, query, *values):
    return asyncio.ensure_future(database.ask(query, values))


async def under_way(database, count):
    async with asyncio.timeout(10):
        while len(database._pipeline._asked) < count:  # noqa: ASYNC110
            await asyncio.sleep(0)


def cut(database):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [database._pipeline.connection.info.backend_pid])


async def test_one_does_not_wait_for_the_answer_to_the_one_before(database):
    asked = [begin(database, SLOW, "a"), begin(database, "SELECT %s::boolean, %s::int", True, "2")]
    await under_way(database, 2)

    assert await asyncio.gather(*asked) == [[("a",)], [(True, 2)]]


async def test_one_that_fails_fails_alone(database):
    asked = [begin(database, query) for query in ("SELECT 1", "SELECT 1 / 0", "SELEKT", "SELECT 2")]
    one, zero, wrong, two = await asyncio.gather(*asked, return_exceptions=True)

    assert (one, two) == ([(1,)], [(2,)])
    assert isinstance(zero, psycopg.errors.DivisionByZero)
    assert isinstance(wrong, psycopg.errors.SyntaxError)
    assert not may_have_worked(zero)


async def test_each_is_committed_by_itself(database):
    await database.ask("CREATE TEMPORARY TABLE said (word text)", [])
    add = "INSERT INTO said VALUES (%s) RETURNING word"
    asked = [begin(database, add, "a"), begin(database, "SELECT 1 / 0"), begin(database, add, "b")]
    await asyncio.gather(*asked, return_exceptions=True)

    assert await database.ask("SELECT word FROM said ORDER BY word", []) == [("a",), ("b",)]


async def test_what_the_commit_refuses_was_not_done(database):
    """The rows are there before the commit; they are no answer yet."""
    await database.ask("CREATE TEMPORARY TABLE once (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)", [])
    twice = begin(database, "INSERT INTO once VALUES (1), (1) RETURNING n")
    after = begin(database, "SELECT count(*) FROM once")
    with pytest.raises(psycopg.errors.UniqueViolation):
        await twice

    assert await after == [(0,)]


async def test_more_than_the_socket_takes_at_once_arrives(database):
    text = "x" * 20_000_000
    asked = [begin(database, SLOW, ""), begin(database, "SELECT length(%s::text)", text)]

    assert (await asyncio.gather(*asked))[1] == [(len(text),)]
    assert await database.ask("SELECT 2", []) == [(2,)]


async def test_who_waits_no_more_takes_nobody_elses_answer(database):
    gone, stays = begin(database, SLOW, "gone"), begin(database, "SELECT 'stays'")
    await under_way(database, 2)
    gone.cancel()

    assert await stays == [("stays",)]


async def test_all_that_is_under_way_is_in_doubt_when_the_connection_ends(database):
    asked = [begin(database, SLOW, "a"), begin(database, "SELECT 1")]
    await under_way(database, 2)
    await run_db(cut, database)
    errors = await asyncio.gather(*asked, return_exceptions=True)

    assert all(isinstance(error, psycopg.OperationalError) and may_have_worked(error) for error in errors)
    assert await database.ask("SELECT 2", []) == [(2,)]


async def test_a_connection_that_ends_while_nobody_asks_is_replaced(database):
    ended = database._pipeline
    await run_db(cut, database)
    async with asyncio.timeout(10):
        while not ended.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert await database.ask("SELECT 2", []) == [(2,)]


async def test_a_statement_that_could_not_be_prepared_is_prepared_when_asked_again(database):
    query = "SELECT word FROM later_made"
    with pytest.raises(psycopg.errors.UndefinedTable):
        await database.ask(query, [])
    await database.ask("CREATE TEMPORARY TABLE later_made AS SELECT 'now'::text AS word", [])

    assert await database.ask(query, []) == [("now",)]


async def test_one_that_nobody_waited_for_and_that_could_not_be_prepared_is_prepared_again(database):
    query = "SELECT word FROM made_later"
    gone = begin(database, query)
    await under_way(database, 1)
    gone.cancel()
    await database.ask("CREATE TEMPORARY TABLE made_later AS SELECT 'now'::text AS word", [])

    assert await database.ask(query, []) == [("now",)]


async def test_one_whose_answer_has_other_columns_by_now_is_prepared_anew(database):
    """As a release changes them, while processes of the one before go on."""
    await database.ask("CREATE TEMPORARY TABLE counted AS SELECT 1 AS n", [])
    query = "SELECT * FROM counted"
    await database.ask(query, [])
    await database.ask("ALTER TABLE counted ALTER n TYPE bigint", [])
    with pytest.raises(psycopg.errors.FeatureNotSupported):
        await database.ask(query, [])

    assert await database.ask(query, []) == [(1,)]


async def test_what_fails_again_and_again_leaves_nothing_in_the_server(database):
    for _ in range(5):
        with pytest.raises(psycopg.errors.DivisionByZero):
            await database.ask("SELECT 1 / %s::int", ["0"])
    kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 1 /%'"

    assert await database.ask(kept.replace("%'", "' || chr(37)"), []) == [(1,)]


async def test_nobody_waits_for_ever_where_the_socket_cannot_be_let_go_of(database, monkeypatch):
    """libpq may have closed it already; of two watches on it asyncio then cannot end one."""

    def closed(socket):
        raise OSError(9, "Bad file descriptor")

    asked = begin(database, SLOW, "a")
    await under_way(database, 1)
    monkeypatch.setattr(asyncio.get_running_loop(), "remove_writer", closed)
    await run_db(cut, database)
    async with asyncio.timeout(10):
        with pytest.raises((psycopg.OperationalError, OSError)):
            await asked
    monkeypatch.undo()

    assert await database.ask("SELECT 2", []) == [(2,)]
