"""Gives every test run its own PostgreSQL and Valkey, and every xdist worker its own part of them.

Loaded with ``-p``, before Django reads its settings. Where ``DATABASE_URL`` or ``REDIS_URL`` is set, that server is
used instead.
"""

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from psycopg import sql

from apps.common.embedded.postgres import maintenance_connection
from apps.common.embedded.servers import running_servers
from apps.common.testing import browser, live

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
    os.environ.update(urls, DATA_DIR=str(folder), TEST_TEMPLATE=f"helpdesk_template_{os.getpid()}")
    stack.callback(_drop, os.environ["TEST_TEMPLATE"])


def _drop(template: str) -> None:
    """Of the databases the workers have dropped their own; this one is the run's."""
    with maintenance_connection(os.environ["DATABASE_URL"]) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(template)))


def isolate(worker: str) -> None:
    """Give xdist's ``worker`` ("gw3") Redis databases and a data directory that no other worker uses."""
    number = (int(worker.removeprefix("gw")) + 1) * REDIS_DATABASES
    base, _, first = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{base}/{int(first) + number}"
    os.environ["DATA_DIR"] = str(Path(os.environ["DATA_DIR"]) / worker)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the live desk share one worker, so that it is started once, and those of the desk that is broken on
    purpose another; browser tests can be left out.
    """
    for item in items:
        if uses(item, "live_desk"):
            item.add_marker(pytest.mark.xdist_group("live"))
        if uses(item, "browser"):
            item.add_marker(pytest.mark.browser)
        if uses(item, "fault_desk"):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.django_db)  # the desk copies the migrated database
            item.add_marker(pytest.mark.xdist_group("faults"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """What the last test left running for its likes stops before a test of another kind."""
    if not uses(item, "live_desk"):
        live.keeper.stop()
    if not uses(item, "browser"):
        browser.keeper.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside the failure of a test, what the live desk said meanwhile."""
    report = yield
    if report.failed and uses(item, "live_desk") and live.keeper.desk:
        report.sections.append(("Live desk", live.keeper.desk.logs()))
    return report


def pytest_sessionfinish() -> None:
    """The browser outlives its last test by no more than this."""
    browser.keeper.stop()


def uses(item: pytest.Item, fixture: str) -> bool:
    """Whether ``item`` asks for ``fixture``, directly or through another."""
    return fixture in getattr(item, "fixturenames", ())
