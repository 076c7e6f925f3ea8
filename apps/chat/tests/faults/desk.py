"""A desk of its own servers, each an OS process that a test may kill, stop and start again.

PostgreSQL and Valkey, two web processes and, where asked for, a Celery worker. Rows are made by ``backstage``, another
process; the tests read the database directly, so nothing of theirs runs inside what they test.
"""

import asyncio
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import psycopg

from apps.common import launch
from apps.common.embedded.postgres import binary, ensure_database, prepare_postgres
from apps.common.embedded.program import (
    DidNotStart,
    Program,
    free_port,
    kill_session,
    log_tail,
    spawn,
    stop,
    until,
    wait_ready,
)
from apps.common.embedded.servers import open_data_dir
from apps.common.embedded.valkey import prepare_valkey

START_S = 180
WEBS = ("web-0", "web-1")
APPLICATION = "helpdesk.asgi:application"


class FaultDesk:
    """The processes by name: ``postgres``, ``valkey``, ``web-0``, ``web-1``, ``worker``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs: dict[str, Program] = {}
        self.processes: dict[str, subprocess.Popen] = {}
        self.ports: dict[str, int] = {}
        self.env: dict[str, str] = {}
        self._backstage: subprocess.Popen | None = None

    # Starting

    def prepare(self, schema_of: str) -> None:
        """Servers with the tables and rows of the migrated database ``schema_of`` (a URL), and two web processes."""
        open_data_dir(self.folder)
        postgres, valkey = prepare_postgres(self.folder, durable=False), prepare_valkey(self.folder)
        for program in (postgres, valkey):
            self.start(program)
        record = json.loads((self.folder / "runtime.json").read_text())
        self.env = {
            "DATABASE_URL": record["DATABASE_URL"],
            "REDIS_URL": record["REDIS_URL"],
            "DATA_DIR": str(self.folder),
            "DATABASE_POOL": "8",
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings.test",
            "WORKER_GRACE": "0",
            **launch.shared_metrics(self.folder),
        }
        for name in (*WEBS, "planted"):
            self.ports[name] = free_port()
        for program in (postgres, valkey):
            wait_ready(program, self.processes[program.name])
        ensure_database(self.env["DATABASE_URL"])
        copy_database(schema_of, self.env["DATABASE_URL"])

    def start(self, program: Program) -> None:
        """Start without waiting. From the main thread only, as ``spawn`` demands."""
        self.programs[program.name] = program
        self.processes[program.name] = spawn(program)

    def start_web(self, name: str, *, application: str = APPLICATION, **env: str) -> None:
        """Start a web process; ``application`` is another ASGI app for uvicorn."""
        program = launch.web("127.0.0.1", self.ports[name], {**self.env, **env})
        argv = [application if part == APPLICATION else part for part in program.argv]
        ready = lambda: healthy(self.ports[name])  # noqa: E731
        self.start(replace(program, name=name, argv=argv, ready=ready, log=self._log(name), stop_within=8))

    def start_worker(self) -> None:
        """Start a Celery worker for what the chat hands to it."""
        program = launch.worker("worker", "live,default", 1, self.env)
        self.start(replace(program, log=self._log("worker"), stop_within=3))

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    async def up(self, *names: str) -> None:
        """Return once the processes ``names`` are ready. Raises ``DidNotStart``."""
        async with asyncio.timeout(START_S):
            for name in names:
                while not await asyncio.to_thread(self.programs[name].ready):
                    if not self.alive(name):
                        raise DidNotStart(f"{name} ended. {log_tail(self.programs[name])}")
                    await asyncio.sleep(0.05)

    async def heal(self) -> None:
        """Everything runs again and is let run."""
        for name in ("postgres", "valkey", *WEBS):
            if self.alive(name):
                self.signal(name, signal.SIGCONT)
            elif name in WEBS:
                self.start_web(name)
            else:
                self.start(self.programs[name])
        await self.up("postgres", "valkey", *WEBS)

    # Faults

    def alive(self, name: str) -> bool:
        return name in self.processes and self.processes[name].poll() is None

    def signal(self, name: str, number: signal.Signals) -> None:
        self.processes[name].send_signal(number)

    def kill(self, name: str) -> None:
        """SIGKILL for ``name`` and its children: no goodbye, nothing flushed."""
        kill_session(self.processes[name])

    async def stop(self, name: str) -> None:
        """Ask ``name`` to end, and wait."""
        await asyncio.to_thread(stop, self.programs[name], self.processes[name])

    @contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """SIGSTOP within the block: connections stay open and nothing answers."""
        self.signal(name, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(name, signal.SIGCONT)

    # Looking

    def sql(self, statement: str, *parameters: Any) -> list[tuple]:
        """Run one statement as superuser on a connection of its own; its rows."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def urls(self) -> list[str]:
        """Of the web processes that are meant to run: ``ws://127.0.0.1:<port>``."""
        return [f"ws://127.0.0.1:{self.ports[name]}" for name in WEBS]

    def memory(self, name: str) -> int:
        """Resident bytes of a process."""
        return psutil.Process(self.processes[name].pid).memory_info().rss

    def peer_ports(self, name: str) -> set[int]:
        """Ports of those that a process is connected with."""
        connections = psutil.Process(self.processes[name].pid).net_connections("tcp")
        return {connection.raddr.port for connection in connections if connection.raddr}

    def logs(self, lines: int = 30) -> str:
        """The last ``lines`` of each process."""
        return "\n".join(f"--- {p.name}\n{log_tail(p, lines=lines)}" for p in self.programs.values())

    # Backstage

    def ask(self, command: str, **arguments: Any) -> Any:
        """Have the backstage process do ``command``; its answer."""
        if self._backstage is None:
            self._backstage = self._start_backstage()
        process = self._backstage
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline() or '{"error": "The backstage process ended."}')
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _start_backstage(self) -> subprocess.Popen:
        argv = [*launch.manage("x", env={}).argv[:1], "-m", "apps.chat.tests.faults.backstage"]
        return subprocess.Popen(
            argv,
            env={**os.environ, **self.env},
            cwd=launch.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def close(self) -> None:
        """End everything, the servers last."""
        if self._backstage is not None:
            self._backstage.communicate()
        for name in reversed(list(self.processes)):
            if self.alive(name):
                self.signal(name, signal.SIGCONT)
                stop(self.programs[name], self.processes[name])


@contextmanager
def running_desk(folder: Path, *, schema_of: str) -> Iterator[FaultDesk]:
    """A desk in ``folder`` with both web processes ready; gone at the end of the block."""
    with ExitStack() as stack:
        desk = FaultDesk(folder)
        stack.callback(desk.close)
        desk.prepare(schema_of)
        for name in WEBS:
            desk.start_web(name)
        if not until(lambda: all(desk.programs[name].ready() for name in WEBS), timeout=START_S, pause=0.1):
            raise DidNotStart(desk.logs())
        yield desk


def copy_database(source: str, target: str) -> None:
    """Tables and rows of ``source`` in the empty database ``target``: quicker than migrating again."""
    dump = [binary("pg_dump"), "--no-owner", "--exclude-schema=baseline", "--dbname", source]
    with subprocess.Popen(dump, stdout=subprocess.PIPE) as process:
        load = [binary("psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname", target]
        done = subprocess.run(load, stdin=process.stdout, capture_output=True, text=True, check=False)
    if done.returncode or process.returncode:
        raise DidNotStart(f"The database could not be copied. {done.stderr}")


def healthy(port: int) -> bool:
    """Whether a web process answers on ``port``."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
