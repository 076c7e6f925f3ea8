"""``manage.py up``: a whole desk on one machine, from nothing to ready and back. Knows nothing of Django."""

import hashlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from apps.common import launch
from apps.common.console_output import Printer
from apps.common.embedded.lock import Held, take_lock
from apps.common.embedded.postgres import ensure_database
from apps.common.embedded.program import DidNotStart, Program, log_tail, port_is_free
from apps.common.embedded.runtime import ensure_secret, read_runtime, update_runtime
from apps.common.embedded.servers import prepare_servers, server_urls
from apps.common.standins import forget_standins, prepare_standins
from apps.common.supervisor import Child, Interrupted, Supervisor

OK, FAILED, BAD_ARGUMENTS = 0, 1, 2
READY_PAUSE = 0.25
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Options:
    """Where to serve, where the data lies, and whether the demo comes with it."""

    host: str
    port: int
    data_dir: Path
    demo: bool = True

    @property
    def url(self) -> str:
        """Address for a browser on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def up(options: Options, *, printer: Printer | None = None) -> int:
    """Run the desk until a signal; returns the exit status. One already running there is named and left alone."""
    printer = printer or Printer()
    try:
        with take_lock(options.data_dir, pid=os.getpid(), url=options.url):
            return _run_locked(options, printer)
    except Held as held:
        return _say_running(held.holder, printer)


def _run_locked(options: Options, printer: Printer) -> int:
    if not port_is_free(options.host, options.port):
        printer.say(f"Port {options.port} of {options.host} is taken. Choose another: make up PORT=8001")
        return BAD_ARGUMENTS
    return Desk(options, printer).run()


def _say_running(holder: Mapping, printer: Printer) -> int:
    printer.say(f"Already running: pid {holder.get('pid', '?')}, {holder.get('url', 'still starting')}")
    printer.say("Stop it with Ctrl-C in its terminal, or: kill " + str(holder.get("pid", "<pid>")))
    return OK


class Desk:
    """One run of ``up``."""

    def __init__(self, options: Options, printer: Printer) -> None:
        self.options = options
        self.printer = printer
        self.supervisor = Supervisor(printer)
        self.servers: list[Child] = []
        self.programs: list[Child] = []
        self.started_at = time.monotonic()
        self._next_look = 0.0

    def run(self) -> int:
        """Start everything in order, watch it, and stop it in the opposite order."""
        self.supervisor.listen_to_signals()
        try:
            self._serve()
        except Interrupted:
            pass
        except (RuntimeError, psycopg.Error) as error:
            self.printer.say(f"{type(error).__name__}: {error}")
            return FAILED
        finally:
            self._stop()
        return OK

    def _serve(self) -> None:
        env = self._start_servers()
        env |= self._start_standins()
        self._prepare(env)
        env |= launch.shared_metrics(self.options.data_dir)
        self.programs = [
            self.supervisor.start(program)
            for program in launch.desk(self.options.host, self.options.port, env)
        ]
        if self.supervisor.wait(self._ready, timeout=120):
            self._greet()
        else:
            self.printer.say(f"Not ready after 120 s; {self.options.url}/readyz names the reason.")
        while not self.supervisor.stopping:
            self.supervisor.step()

    def _start_servers(self) -> dict[str, str]:
        """Start what no URL names; returns the environment for everything else."""
        data_dir = self.options.data_dir
        for program in prepare_servers(data_dir, given=os.environ):
            child = self.supervisor.start(program)
            self.servers.append(child)
            self._await_server(program, child)
        ensure_secret(data_dir)
        urls = server_urls(data_dir, os.environ)
        ensure_database(urls["DATABASE_URL"])
        return {**urls, **self._allowed_hosts(), "DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"}

    def _start_standins(self) -> dict[str, str]:
        """The demo's shop, carriers, gateway and mailbox; returns what leads the desk to them."""
        data_dir = self.options.data_dir
        if not self.options.demo:
            forget_standins(data_dir)
            return {}
        programs, env = prepare_standins(data_dir, desk_url=self.options.url, given=os.environ)
        for program in programs:
            child = self.supervisor.start(program)
            self.servers.append(child)
            self._await_server(program, child)
        return {**env, "PUBLIC_BASE_URL": os.environ.get("PUBLIC_BASE_URL", env["PUBLIC_BASE_URL"])}

    def _await_server(self, program: Program, child: Child) -> None:
        if not self.supervisor.wait(lambda: not child.running or program.ready()) or not child.running:
            raise DidNotStart(f"{program.name} did not start. {log_tail(program)}")

    def _allowed_hosts(self) -> dict[str, str]:
        """Serving beyond loopback was asked for by name, so any name may be used for us."""
        open_to_all = self.options.host not in LOOPBACK and "ALLOWED_HOSTS" not in os.environ
        return {"ALLOWED_HOSTS": "*"} if open_to_all else {}

    def _prepare(self, env: Mapping[str, str]) -> None:
        self._must(launch.manage("migrate", "migrate", "--no-input", env=env))
        if self.options.demo and not self._demo_loaded():
            self._must(launch.manage("demo", "load_demo", env=env))
            users = demo_users(env)
            update_runtime(self.options.data_dir, demo_loaded_into=_database_name(), demo_users=users)

    def _demo_loaded(self) -> bool:
        return read_runtime(self.options.data_dir).get("demo_loaded_into") == _database_name()

    def _must(self, program: Program) -> None:
        if self.supervisor.run_to_end(program):
            raise DidNotStart(f"{program.name} failed; see above.")

    def _ready(self) -> bool:
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + READY_PAUSE
        try:
            with urllib.request.urlopen(f"{self.options.url}/readyz", timeout=5) as answer:  # noqa: S310
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _greet(self) -> None:
        url = self.options.url
        seconds = time.monotonic() - self.started_at
        self.printer.say(f"Ready after {seconds:.1f} s. Ctrl-C stops everything.")
        for name, path in (("Shop with chat", "/"), ("Console", "/console/"), ("Admin", "/admin/")):
            self.printer.say(f"  {name:<15} {url}{path}")
        self.printer.say(f"  {'API':<15} {url}/api/docs/")
        users = read_runtime(self.options.data_dir).get("demo_users", [])
        for user in users if self.options.demo else []:
            self.printer.say(f"  {user['role']:<15} {user['username']} / {user['password']}")

    def _stop(self) -> None:
        if self.programs or self.servers:
            self.printer.say("Stopping …")
        self.supervisor.stopping = True
        self.supervisor.stop(self.programs)
        self.supervisor.stop(self.servers)
        self.printer.say("Stopped.")


def demo_users(env: Mapping[str, str]) -> list[dict]:
    """Sign-ins of the demo, as ``manage.py demo_users --json`` lists them; none when it cannot."""
    program = launch.manage("demo_users", "demo_users", "--json", env=env)
    done = subprocess.run(
        list(program.argv), env={**os.environ, **env}, capture_output=True, text=True, check=False, timeout=60
    )
    return json.loads(done.stdout).get("users", []) if done.returncode == 0 else []


def _database_name() -> str:
    """Tells databases apart without storing a password; our own may move to another port."""
    given = os.environ.get("DATABASE_URL")
    return hashlib.sha256(given.encode()).hexdigest()[:16] if given else "embedded"
