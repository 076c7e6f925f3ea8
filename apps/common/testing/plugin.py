"""Gives every test run its own PostgreSQL and Valkey, and every xdist worker its own part of them.

Loaded with ``-p``, before Django reads its settings. Where ``DATABASE_URL`` or ``REDIS_URL`` is set, that server is
used instead.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apps.common.embedded.servers import running_servers

REDIS_DATABASES = 3  # per worker: cache, broker, channel layer
DERIVED = ("CACHE_URL", "BROKER_URL", "CHANNEL_LAYER_URL")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Runs ahead of pytest-django, which loads the settings in the same hook."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        isolate(worker)
    else:
        _start_servers(early_config)
    return (yield)


def _start_servers(config: pytest.Config) -> None:
    """In the process that controls the run: start what is not given, until the run ends."""
    stack = ExitStack()
    config.add_cleanup(stack.close)
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-test-")))
    urls = stack.enter_context(running_servers(folder, given=os.environ, durable=False))
    for name in DERIVED:
        os.environ.pop(name, None)
    os.environ.update(urls, DATA_DIR=str(folder))


def isolate(worker: str) -> None:
    """Give xdist's ``worker`` ("gw3") Redis databases and a data directory that no other worker uses."""
    number = (int(worker.removeprefix("gw")) + 1) * REDIS_DATABASES
    base, _, first = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{int(first) + number}"
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"]) / worker)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the live desk share one worker, so that it is started once."""
    for item in items:
        if "live_desk" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("live"))
