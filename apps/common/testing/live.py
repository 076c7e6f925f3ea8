"""A whole desk (web, worker, clock) in processes of its own, on the database of the running test.

It starts with the first test that asks for ``live_desk`` and stops before the first that does not: its sweeps would
change rows under the others' feet. Such tests share one xdist worker, so that there is one start per run.
"""

import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from apps.common import launch
from apps.common.embedded.program import DidNotStart, Program, free_port, log_tail, spawn, stop, until
from apps.common.standins import prepare_standins

START_SECONDS = 180


@dataclass(frozen=True)
class LiveDesk:
    """Where the running desk is; ``env`` leads to its stand-ins; ``logs()`` is what its processes said last."""

    port: int
    programs: tuple[Program, ...]
    env: dict[str, str]

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<port>``"""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        """``ws://127.0.0.1:<port>``"""
        return f"ws://127.0.0.1:{self.port}"

    def manage(self, *arguments: str) -> None:
        """Run a management command with the desk's environment, as an operator in another terminal would."""
        program = launch.manage(arguments[0], *arguments, env={**live_env(), **self.env})
        done = subprocess.run(
            list(program.argv), env={**os.environ, **program.env}, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr

    def logs(self, lines: int = 40) -> str:
        """The last ``lines`` of each process."""
        return "\n".join(f"--- {program.name}\n{log_tail(program, lines=lines)}" for program in self.programs)


class Keeper:
    """Has at most one live desk running."""

    def __init__(self) -> None:
        self.desk: LiveDesk | None = None
        self.clear: Callable[[], None] = lambda: None  # takes back what the desk wrote as it ended
        self._stack = ExitStack()

    def running(self) -> LiveDesk:
        """The desk, started when it is not."""
        if self.desk is None:
            with ExitStack() as stack:
                desk = start(stack)
                self._stack = stack.pop_all()
            self.desk = desk
        return self.desk

    def stop(self) -> None:
        """Stop the desk, if there is one."""
        if self.desk is None:
            return
        self.desk = None
        self._stack.close()
        self.clear()


keeper = Keeper()


def start(stack: ExitStack) -> LiveDesk:
    """Start a desk on the current test database; ``stack`` stops it."""
    logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="helpdesk-live-")))
    port = free_port()
    counted = launch.shared_metrics(logs)
    standins, env = prepare_standins(logs, desk_url=f"http://127.0.0.1:{port}", given={})
    programs = tuple(
        replace(program, log=logs / f"{program.name}.log", stop_within=3)
        for program in [*standins, *launch.desk("127.0.0.1", port, {**live_env(), **env, **counted})]
    )
    desk = LiveDesk(port, programs, env)
    processes = [_spawn(program, stack) for program in programs]
    stack.callback(_ask_to_stop, processes)  # all at once, before they are waited for one by one
    if not until(lambda: _ready(desk) or _any_ended(processes), timeout=START_SECONDS, pause=0.1):
        raise DidNotStart(f"The live desk is not ready after {START_SECONDS} s.\n{desk.logs()}")
    if _any_ended(processes):
        raise DidNotStart(f"The live desk ended.\n{desk.logs()}")
    return desk


def _spawn(program: Program, stack: ExitStack) -> subprocess.Popen:
    process = spawn(program)
    stack.callback(stop, program, process)
    return process


def _ask_to_stop(processes: list[subprocess.Popen]) -> None:
    for process in processes:
        process.terminate()


def live_env() -> dict[str, str]:
    """The test's own environment, with the name of its database as it is now."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return {
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{name}")),
        "DATABASE_POOL": "8",
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings.test",
        "WORKER_GRACE": "0",
        "KNOWLEDGE_ENCODER": "0",  # encoding takes the CPU from the browser; ``knowledge`` tests it
    }


def _ready(desk: LiveDesk) -> bool:
    try:
        with urllib.request.urlopen(f"{desk.base_url}/readyz", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _any_ended(processes: list[subprocess.Popen]) -> bool:
    return any(process.poll() is not None for process in processes)


@pytest.fixture(scope="session")
def _live_desk_end(django_db_setup) -> Iterator[None]:
    """The desk lets go of the test database before that is dropped."""
    yield
    keeper.stop()


@pytest.fixture
def live_desk(_live_desk_end, transactional_db) -> LiveDesk:
    """A real desk on this test's database: each sees the rows that the other commits."""
    return keeper.running()
