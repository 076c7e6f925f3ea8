import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
import redis

from apps.common.embedded import postgres, valkey
from apps.common.embedded.account import make_reachable, make_readable
from apps.common.embedded.program import DidNotStart, free_port, port_is_free, spawn, stop, until, wait_ready
from apps.common.embedded.runtime import recorded_urls, update_runtime
from apps.common.embedded.servers import open_data_dir, prepare_servers, running_servers

pytestmark = pytest.mark.xdist_group("embedded")


@pytest.fixture(scope="module")
def data_dir():
    """A data directory whose cluster is made once for this module.

    Not one of pytest's: other runs shut their common parent to the account that PostgreSQL runs as.
    """
    with tempfile.TemporaryDirectory(prefix="helpdesk-embedded-") as name:
        folder = Path(name)
        with running_servers(folder, given={}, durable=False):
            pass
        yield folder


def without_password(url):
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}@127.0.0.1:{parts.port}"))


def stored(url):
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


def store(url):
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
        connection.execute("INSERT INTO kept VALUES (1)")


def test_servers_run_and_stop(data_dir):
    with running_servers(data_dir, given={}, durable=False) as urls:
        with psycopg.connect(urls["DATABASE_URL"]) as connection:
            assert connection.info.server_version // 10_000 == 18
        assert redis.Redis.from_url(urls["REDIS_URL"]).ping()

    assert not postgres.answers(urls["DATABASE_URL"])
    assert not valkey.answers(urls["REDIS_URL"])


def test_servers_want_their_passwords(data_dir):
    with running_servers(data_dir, given={}, durable=False) as urls:
        assert not postgres.answers(without_password(urls["DATABASE_URL"]))
        assert not valkey.answers(without_password(urls["REDIS_URL"]))


def test_passwords_are_on_no_command_line(data_dir):
    with running_servers(data_dir, given={}, durable=False) as urls:
        lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]

    assert not [line for line in lines for url in urls.values() if urlsplit(url).password in line]


def test_extensions_are_there(data_dir):
    with (
        running_servers(data_dir, given={}, durable=False) as urls,
        psycopg.connect(urls["DATABASE_URL"]) as db,
    ):
        for name in ("pg_trgm", "btree_gist"):
            db.execute(f"CREATE EXTENSION {name}")


def test_data_survives_a_restart_on_another_port(data_dir):
    with running_servers(data_dir, given={}, durable=False) as urls:
        store(urls["DATABASE_URL"])
    squatter = subprocess.Popen(
        [sys.executable, "-m", "http.server", "-b", "127.0.0.1", str(urlsplit(urls["DATABASE_URL"]).port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: not port_is_free("127.0.0.1", urlsplit(urls["DATABASE_URL"]).port), timeout=10)
        with running_servers(data_dir, given={}, durable=False) as moved:
            assert urlsplit(moved["DATABASE_URL"]).port != urlsplit(urls["DATABASE_URL"]).port
            assert stored(moved["DATABASE_URL"]) >= 1
    finally:
        squatter.kill()
        squatter.wait()


def test_server_left_by_a_crash_is_replaced(data_dir):
    program = prepare_servers(data_dir, given={"REDIS_URL": "redis://given"}, durable=False)[0]
    left = spawn(program)
    wait_ready(program, left)

    with running_servers(data_dir, given={"REDIS_URL": "redis://given"}, durable=False) as urls:
        assert postgres.answers(urls["DATABASE_URL"])
        assert left.wait(5) == 0


def test_valkey_left_by_a_crash_is_replaced(data_dir):
    program = prepare_servers(data_dir, given={"DATABASE_URL": "given"})[0]
    left = spawn(program)
    wait_ready(program, left)

    again = prepare_servers(data_dir, given={"DATABASE_URL": "given"})[0]

    assert left.wait(5) == 0
    assert not again.ready()


def test_pid_file_of_a_stranger_is_cleared(data_dir):
    pid_file = data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data_dir}\n")

    with running_servers(data_dir, given={}, durable=False) as urls:
        assert postgres.answers(urls["DATABASE_URL"])


@pytest.mark.parametrize("content", ["", "garbage\n", "99999999\n"])
def test_pid_file_of_nobody_is_cleared(data_dir, content):
    pid_file = data_dir / "postgres" / "postmaster.pid"
    pid_file.write_text(content)

    postgres.stop_leftover(data_dir / "postgres")

    assert not pid_file.exists()


def test_cluster_of_another_version_is_refused(data_dir):
    version = data_dir / "postgres" / "PG_VERSION"
    ours = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(RuntimeError, match="made by PostgreSQL 12"):
            prepare_servers(data_dir, given={"REDIS_URL": "redis://given"})
    finally:
        version.write_text(ours)


def test_given_urls_start_nothing(tmp_path):
    given = {"DATABASE_URL": "postgresql://somewhere", "REDIS_URL": "redis://somewhere"}

    assert prepare_servers(tmp_path, given=given) == []
    assert recorded_urls(tmp_path) == {}


def test_ensure_database_creates_it_once(data_dir):
    with running_servers(data_dir, given={}, durable=False) as urls:
        url = urls["DATABASE_URL"].removesuffix("helpdesk") + 'odd%20"name'
        postgres.ensure_database(url)
        postgres.ensure_database(url)
        assert postgres.answers(url)


def test_ensure_database_names_a_server_that_is_away():
    with pytest.raises(psycopg.OperationalError):
        postgres.ensure_database(f"postgresql://desk@127.0.0.1:{free_port()}/desk")


def test_failed_start_shows_the_log(data_dir):
    program = prepare_servers(data_dir, given={"REDIS_URL": "redis://given"}, durable=False)[0]
    broken = type(program)(
        "postgres", [*program.argv, "--no_such_setting=1"], user=program.user, log=program.log
    )

    process = spawn(broken)
    with pytest.raises(DidNotStart, match="no_such_setting"):
        wait_ready(type(broken)(broken.name, broken.argv, ready=lambda: False, log=broken.log), process)
    stop(broken, process)


def test_long_log_is_set_aside(tmp_path, monkeypatch):
    monkeypatch.setattr("apps.common.embedded.servers.MAX_LOG_BYTES", 3)
    open_data_dir(tmp_path)
    (tmp_path / "logs" / "postgres.log").write_text("long")

    open_data_dir(tmp_path)

    assert (tmp_path / "logs" / "postgres.log.1").read_text() == "long"


def test_reachable_lets_through_without_showing(tmp_path):
    folder = tmp_path / "private" / "data"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)

    make_reachable(folder)

    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o701


def test_readable_mends_a_strict_umask(tmp_path):
    program = tmp_path / "wheel" / "bin" / "server"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o700)
    program.parent.chmod(0o700)

    make_readable(tmp_path / "wheel")

    assert stat.S_IMODE(program.stat().st_mode) == 0o705
    assert stat.S_IMODE(program.parent.stat().st_mode) == 0o705


def test_valkey_comes_from_the_machine_without_the_wheel(tmp_path, monkeypatch):
    server = tmp_path / "redis-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert valkey.binary() == server


def test_missing_servers_name_the_way_out(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")

    with pytest.raises(RuntimeError, match="REDIS_URL"):
        valkey.binary()
    with pytest.raises(RuntimeError, match="DATABASE_URL"):
        postgres.installation()


def test_stopped_with_their_own_signals(data_dir):
    by_name = {program.name: program for program in prepare_servers(data_dir, given={})}

    assert by_name["postgres"].stop_signal == signal.SIGINT
    assert by_name["valkey"].stop_signal == signal.SIGTERM


def test_damaged_record_gets_new_redis_password(tmp_path):
    update_runtime(tmp_path, REDIS_URL="")

    prepare_servers(tmp_path, given={"DATABASE_URL": "given"})

    assert urlsplit(recorded_urls(tmp_path)["REDIS_URL"]).password
