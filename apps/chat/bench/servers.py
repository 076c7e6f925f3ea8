"""The bench's own servers and processes: started for it alone, in a folder of its own, and gone afterwards."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from psycopg import sql

from apps.chat.bench.options import RAISED_LIMITS, Options
from apps.common import launch
from apps.common.embedded.postgres import maintenance_connection, prepare_postgres
from apps.common.embedded.program import DidNotStart, Program, free_port, spawn, stop, wait_ready
from apps.common.embedded.runtime import ensure_secret, recorded_urls
from apps.common.embedded.servers import open_data_dir
from apps.common.embedded.valkey import prepare_valkey

DESK, RELAY = "helpdesk.asgi:application", "apps.chat.bench.relay:application"
DELAY_US = 4000  # of a commit on a slow disk


@dataclass(frozen=True)
class Desk:
    """A database with a stage in it, and the socket processes on top."""

    url: str
    ports: list[int]
    stage: dict[str, Any]
    pids: dict[str, list[int]]


class Servers:
    """PostgreSQL, Valkey and whatever runs on them; ``stack`` stops it all."""

    def __init__(self, options: Options, folder: Path, stack: ExitStack) -> None:
        self.options, self.folder, self.stack = options, folder, stack
        self.pids: dict[str, list[int]] = {}
        self._database = self._start_postgres()
        self._redis = self._start_valkey("valkey", folder)

    # Servers

    def _start_postgres(self) -> str:
        """The URL of a server: the given one, whose processor time we cannot see, or our own."""
        open_data_dir(self.folder)
        ensure_secret(self.folder)
        if self.options.database_url:
            return self.options.database_url
        program = prepare_postgres(self.folder)
        self.pids["postgres"] = [self.start(program)]
        return recorded_urls(self.folder)["DATABASE_URL"]

    def _start_valkey(self, name: str, folder: Path) -> str:
        open_data_dir(folder)
        self.pids[name] = [self.start(prepare_valkey(folder))]
        return recorded_urls(folder)["REDIS_URL"]

    def start(self, program: Program) -> int:
        """Run ``program`` until the end of the bench; returns its pid once it is ready."""
        process = spawn(program)
        self.stack.callback(stop, program, process)
        wait_ready(program, process, timeout=120)
        return process.pid

    def slow_down(self, slow: bool) -> None:
        """Make every flush of the log wait, or no longer."""
        with maintenance_connection(self._database) as connection:
            connection.execute(f"ALTER SYSTEM SET commit_delay = {DELAY_US if slow else 0}")
            connection.execute(f"ALTER SYSTEM SET commit_siblings = {0 if slow else 5}")
            connection.execute("SELECT pg_reload_conf()")

    # Desks

    def desk(self, *, name: str = "bench", stored: int = 0, idle: int = 0, spare: int = 0) -> Desk:
        """Make a database with the tables of the desk, set the stage and start the socket processes."""
        url = self._create_database(f"{name}_{os.getpid()}")
        valkey = (
            "valkey" if name == "bench" else f"valkey_{name}"
        )  # chats of two databases share their numbers
        redis = self._redis if name == "bench" else self._start_valkey(valkey, self.folder / name)
        env = self._environment(url, redis)
        if not self.options.template:
            run_to_end(launch.manage("migrate", "migrate", "--no-input", "-v0", env=env))
        wanted = {"pairs": self.options.staged_pairs, "idle": idle, "spare": spare, "stored": stored}
        stage = ask("apps.chat.bench.stage", wanted, env)
        ports, pids = self._start_web(f"{name}-web", DESK, env)
        served = {"web": pids, **{key: self.pids[key] for key in ("postgres", valkey) if key in self.pids}}
        return Desk(url, ports, stage, served)

    def relay(self) -> Desk:
        """The bare peer, under the same server with the same options."""
        ports, pids = self._start_web("relay", RELAY, self._environment(self._database, self._redis))
        return Desk("", ports, {}, {"web": pids, "valkey": self.pids["valkey"]})

    def mirror(self) -> Desk:
        """The cheapest server, to see what the generator can do."""
        port, module = free_port(), "apps.chat.bench.mirror"
        argv = [sys.executable, "-m", module, str(port)]
        log = self.folder / "logs" / "mirror.log"
        program = Program("mirror", argv, ready=_listens(port), cwd=launch.ROOT, log=log, stop_within=2)
        return Desk("", [port], {}, {"mirror": [self.start(program)]})

    def _create_database(self, name: str) -> str:
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if self.options.template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(self.options.template))
        with maintenance_connection(self._database) as connection:
            connection.execute(statement)
        self.stack.callback(self._drop_database, name)
        return urlunsplit(urlsplit(self._database)._replace(path=f"/{name}"))

    def _drop_database(self, name: str) -> None:
        with maintenance_connection(self._database) as connection:
            statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))

    def _environment(self, database: str, redis: str) -> dict[str, str]:
        base = redis.rpartition("/")[0]
        return {
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "CACHE_URL": f"{base}/0",
            "BROKER_URL": f"{base}/1",
            "CHANNEL_LAYER_URL": f"{base}/2",
            "DATA_DIR": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            **RAISED_LIMITS,
        }

    def _start_web(self, name: str, application: str, env: Mapping[str, str]) -> tuple[list[int], list[int]]:
        """``processes`` of them, each on a port of its own, as behind a balancer."""
        ports, pids = [], []
        for number in range(self.options.processes):
            port = free_port()
            counted = launch.shared_metrics(self.folder / name)
            program = launch.web("127.0.0.1", port, {**env, **counted})
            program = replace(
                program,
                argv=[application if part == DESK else part for part in program.argv],
                ready=_alive(port) if application == DESK else _listens(port),
                log=self.folder / "logs" / f"{name}-{number}.log",
                stop_within=5,
            )
            pids.append(self.start(program))
            ports.append(port)
        return ports, pids


def _alive(port: int) -> Callable[[], bool]:
    def ask_health() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    return ask_health


def _listens(port: int) -> Callable[[], bool]:
    def connect() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    return connect


def run_to_end(program: Program) -> None:
    """Run a command. Raises ``DidNotStart`` with what it said when it fails."""
    env = {**os.environ, **program.env}
    done = subprocess.run(list(program.argv), env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DidNotStart(f"{program.name} failed. {done.stderr[-3000:]}")


def ask(module: str, question: Mapping[str, Any], env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run a process of the bench: one JSON object in, one out. Raises ``DidNotStart`` when it fails."""
    program = Program(module, [sys.executable, "-m", module], env=env or {}, cwd=launch.ROOT)
    done = subprocess.run(
        list(program.argv), input=json.dumps(question), env={**os.environ, **program.env}, cwd=program.cwd,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise DidNotStart(f"{module} failed. {done.stderr[-3000:]}")
    return json.loads(done.stdout)
