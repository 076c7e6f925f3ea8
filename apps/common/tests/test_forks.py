import multiprocessing
import threading

import pytest
from celery import current_app
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from apps.common.forks import leave_pools

pytestmark = pytest.mark.django_db(transaction=True)


def backend_pid():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def report_backend(results):
    results.put(backend_pid())
    connection.close()
    connection.close_pool()


def in_a_child(job):
    """What ``job`` puts into the queue that it is given."""
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=job, args=[results])
    child.start()
    result = results.get(timeout=30)
    child.join(30)
    assert child.exitcode == 0
    return result


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_child_opens_connections_of_its_own():
    ours = backend_pid()

    assert in_a_child(report_backend) != ours
    assert backend_pid() == ours  # not closed by the child's end


def read_while_tasks_begin(results):
    """Reads a hundred times in a thread, while Celery does what it does around each task."""
    leave_pools()
    fixup = DjangoWorkerFixup(current_app)
    fixup.worker = type("Worker", (), {"pool_cls": "celery.concurrency.prefork:TaskPool"})()
    found = []

    def read():
        for _ in range(100):
            found.append(backend_pid())
            connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    while thread.is_alive():
        backend_pid()
        fixup.close_database()
    results.put(len(found))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_task_that_begins_takes_no_connection_from_another_thread():
    assert in_a_child(read_while_tasks_begin) == 100
