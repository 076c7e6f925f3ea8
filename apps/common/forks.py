"""Database connections and forks: a child must not use, or close, what its parent opened.

Celery's workers fork after the start-up checks may have opened a pool. Its threads do not exist in the child, which
would wait for a connection until the time-out. Nor does a pool outlive a task: Celery closes it before and after each,
also under other threads of the process, and opening the next one costs as much again as its connection.
"""

import os
from typing import Any

from celery.signals import worker_process_init
from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

_of_the_parent: list[Any] = []  # kept alive: letting go of them would close the parent's connections


def forget_connections() -> None:
    """Start without connections and pools, leaving the parent's as they are."""
    for connection in connections.all(initialized_only=True):
        _of_the_parent.append(connection.connection)
        connection.connection = None
    backend: Any = DatabaseWrapper  # its pools are private, and there is no other way to leave them
    _of_the_parent.append(backend._connection_pools)
    backend._connection_pools = {}


def forget_connections_after_fork() -> None:
    """Call once per process, before anything forks."""
    os.register_at_fork(after_in_child=forget_connections)


@worker_process_init.connect(weak=False)
def leave_pools(**_kwargs: object) -> None:
    """In a child of Celery: a connection of its own for each thread, from the start to the end of a task."""
    for config in settings.DATABASES.values():
        config["OPTIONS"].pop("pool", None)
