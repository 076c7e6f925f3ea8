import asyncio
import threading
from contextvars import ContextVar

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import translation

from apps.access.models import User
from apps.common import context
from apps.common.aio import run_db

pytestmark = pytest.mark.django_db(transaction=True)
seen: ContextVar[str] = ContextVar("seen", default="nothing")


def query(statement="SELECT 1"):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


def connections_in_use():
    stats = connections["default"].pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


async def test_it_runs_sync_code_and_returns_what_it_returned():
    assert await run_db(query) == (1,)
    assert await run_db(query, statement="SELECT 2") == (2,)
    assert await run_db(User.objects.filter(username="x").count) == 0


async def test_errors_come_back():
    with pytest.raises(User.DoesNotExist):
        await run_db(User.objects.get, username="nobody")


async def test_the_context_goes_along():
    seen.set("something")
    with context.use(context.RequestContext(request_id="req-1")):
        assert await run_db(lambda: (seen.get(), context.current().request_id)) == ("something", "req-1")


async def test_what_the_thread_sets_stays_in_the_thread():
    await run_db(seen.set, "else")

    assert seen.get() == "nothing"


async def test_connections_go_back_to_the_pool():
    for _ in range(3 * settings.DB_THREADS):
        await run_db(query)
    await asyncio.gather(*[run_db(query) for _ in range(3 * settings.DB_THREADS)])

    assert await run_db(connections_in_use) <= 1  # the test's own


async def test_a_connection_goes_back_after_an_error_too():
    for _ in range(2 * settings.DB_THREADS):
        with pytest.raises(Exception, match="no_such_table"):
            await run_db(query, "SELECT * FROM no_such_table")

    assert await run_db(query) == (1,)
    assert await run_db(connections_in_use) <= 1  # the test's own


async def test_a_slow_query_holds_up_nobody_else():
    await run_db(query)
    slow = asyncio.create_task(run_db(query, "SELECT pg_sleep(3)"))
    await asyncio.sleep(0.05)

    for _ in range(5):
        await run_db(query)

    assert not slow.done()
    await slow


async def test_slow_queries_run_beside_each_other():
    """None ends before all have begun."""
    together = threading.Barrier(settings.DB_THREADS)

    def slow():
        query()
        together.wait(20)
        return query()

    rows = await asyncio.gather(*[run_db(slow) for _ in range(settings.DB_THREADS)])

    assert rows == [(1,)] * settings.DB_THREADS


async def test_the_language_goes_along_and_stays_there():
    with translation.override("zh-hans"):
        assert await run_db(translation.get_language) == "zh-hans"

    assert await run_db(translation.get_language) == "en"
