import multiprocessing

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)


def backend_pid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def report_backend(results):
    results.put(backend_pid())
    connection.close()
    connection.close_pool()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_child_opens_connections_of_its_own():
    ours = backend_pid()
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()

    child = context.Process(target=report_backend, args=[results])
    child.start()
    theirs = results.get()
    child.join(30)

    assert child.exitcode == 0
    assert theirs != ours
    assert backend_pid() == ours  # not closed by the child's end
