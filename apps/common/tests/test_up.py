import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from apps.common.embedded.postgres import maintenance_connection
from apps.common.embedded.program import free_port, until
from apps.common.embedded.runtime import recorded_urls
from apps.common.up import Options

pytestmark = [pytest.mark.xdist_group("up"), pytest.mark.timeout(480)]
READY_SECONDS = 300
WITHOUT_VECTORS = {"KNOWLEDGE_ENCODER": "0"}  # a minute of CPU for nothing that is looked at here


class Up:
    """``manage.py up`` in a process of its own; ``given`` are server URLs of its environment."""

    def __init__(self, data_dir, *arguments, port=None, **given):
        self.port = port or free_port()
        self.log = data_dir / "up.log"
        self.data_dir = data_dir
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "manage.py",
                    "up",
                    "--port",
                    str(self.port),
                    "--data-dir",
                    str(data_dir),
                    *arguments,
                ],
                env=environment(**given),
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def output(self):
        return self.log.read_text()

    def wait_ready(self):
        done = until(lambda: "Ready after" in self.output or self.ended, timeout=READY_SECONDS, pause=0.2)
        assert done, self.output
        assert not self.ended, self.output
        return self

    @property
    def ended(self):
        return self.process.poll() is not None

    def descendants(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def find(self, text):
        return [child for child in self.descendants() if text in command_line(child)]

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(60)


def command_line(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # ended meanwhile
        return ""


def environment(**given):
    ours = {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE"}
    others = {name: value for name, value in os.environ.items() if name not in ours}
    return others | WITHOUT_VECTORS | given


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def all_gone(processes):
    named = {process.pid: command_line(process) for process in processes}
    left = [named[process.pid] for process in psutil.wait_procs(processes, timeout=60)[1]]
    assert left == []
    return True


@contextmanager
def new_data_dir():
    """Not one of pytest's: other runs shut their common parent to the account that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-up-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def desk():
    """A desk that is up, with servers and the demo of its own."""
    with new_data_dir() as data_dir:
        up = Up(data_dir).wait_ready()
        yield up
        if not up.ended:
            up.stop()


def test_up_says_where_everything_is(desk):
    for path in ("/", "/console/", "/admin/", "/api/docs/"):
        assert f"http://127.0.0.1:{desk.port}{path}\n" in desk.output


def test_up_names_the_sign_ins_of_the_demo(desk):
    for role in ("agent", "supervisor", "manager"):
        assert re.search(rf"desk     \|   {role} +\w+ / \S+", desk.output), desk.output


def test_up_runs_every_process(desk):
    for part in ("postgres", "valkey-server", "uvicorn", "worker@", "bulk@", "beat"):
        assert desk.find(part), part


def test_up_shows_no_password(desk):
    for url in recorded_urls(desk.data_dir).values():
        assert url.split("@")[0].rpartition(":")[2] not in desk.output


def test_second_up_names_the_first_and_leaves_it(desk):
    second = Up(desk.data_dir)
    second.log = desk.log

    assert second.process.wait(60) == 0
    assert f"Already running: pid {desk.process.pid}, http://127.0.0.1:{desk.port}" in desk.output
    assert answers(desk.port)


def test_taken_port_is_refused(desk):
    with new_data_dir() as data_dir:
        other = Up(data_dir, port=desk.port)
        assert other.process.wait(60) == 2
        assert f"Port {desk.port} of 127.0.0.1 is taken" in other.output
        assert not recorded_urls(data_dir)


@pytest.mark.parametrize("part", ["uvicorn", "valkey-server", "postgres -D"])
def test_crashed_process_is_started_again(desk, part):
    victim = desk.find(part)[0]

    victim.kill()

    assert until(lambda: [found for found in desk.find(part) if found.pid != victim.pid], timeout=30)
    assert until(lambda: readyz(desk.port), timeout=60, pause=0.2), desk.output


def readyz(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_killed_supervisor_leaves_nothing_and_data_stays(desk):
    processes = desk.descendants()
    desk.process.kill()
    desk.process.wait()
    assert all_gone(processes)

    again = Up(desk.data_dir, port=desk.port)
    try:
        until(lambda: again.output.count("Ready after") == 2 or again.ended, timeout=READY_SECONDS, pause=0.2)
        assert again.output.count("Ready after") == 2, again.output
        assert "No migrations to apply" in again.output
        assert "demo     |" not in again.output.split("Ready after")[1]  # loaded once
        processes = again.descendants()
    finally:
        status = again.stop(signal.SIGINT)
    assert status == 0
    assert all_gone(processes)
    assert not answers(again.port)


@pytest.mark.faults_long
@pytest.mark.faults_longest
def test_given_servers_are_used_and_left_alone():
    database = os.environ["DATABASE_URL"].rpartition("/")[0] + "/test_up_given"
    with new_data_dir() as data_dir:
        up = Up(data_dir, "--no-demo", DATABASE_URL=database, REDIS_URL=os.environ["REDIS_URL"])
        try:
            up.wait_ready()
            assert not up.find("postgres -D")
            assert not up.find("valkey-server")
            assert not recorded_urls(data_dir)
        finally:
            up.stop()
    with maintenance_connection(database) as connection:
        connection.execute("DROP DATABASE test_up_given")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::1", "http://[::1]:80"),
        ("desk.local", "http://desk.local:80"),
    ],
)
def test_url_is_one_that_a_browser_here_can_open(host, url):
    assert Options(host, 80, Path()).url == url


def test_database_that_is_away_is_named():
    with new_data_dir() as data_dir:
        away = f"postgresql://desk@127.0.0.1:{free_port()}/desk"
        up = Up(data_dir, DATABASE_URL=away, REDIS_URL=os.environ["REDIS_URL"])

        assert up.process.wait(60) == 1
        assert "OperationalError" in up.output
        assert "Traceback" not in up.output
