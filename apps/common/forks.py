"""Database connections and forks: a child must not use, or close, what its parent opened.

Celery's workers fork after the start-up checks may have opened a pool. Its threads do not exist in the child, which
would wait for a connection until the time-out.
"""

import os
from typing import Any

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
