import pwd
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from apps.common.embedded.account import server_account
from apps.common.embedded.program import (
    DidNotStart,
    Program,
    free_port,
    log_tail,
    port_is_free,
    spawn,
    stop,
    until,
    wait_ready,
)


def python(code, **options):
    return Program("test", [sys.executable, "-u", "-c", textwrap.dedent(code)], **options)


STUBBORN = """
    import signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid)
    time.sleep(60)
"""


def test_stop_asks_first(tmp_path):
    log = tmp_path / "log"
    program = python(
        """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("bye"))
        print("up")
        time.sleep(60)
        """,
        log=log,
        ready=lambda: "up" in log.read_text(),
    )
    process = spawn(program)
    wait_ready(program, process)

    stop(program, process)

    assert process.returncode == 1
    assert log_tail(program) == "up\nbye"


def test_stop_kills_what_hangs_and_its_children():
    program = python(STUBBORN, stop_within=0.2)
    process = spawn(program)
    child = int(process.stdout.readline())

    stop(program, process)

    assert process.returncode == -signal.SIGKILL
    assert until(lambda: not psutil.pid_exists(child), timeout=5)


def test_stop_twice_is_harmless():
    program = python("")
    process = spawn(program)
    stop(program, process)
    stop(program, process)


def test_child_dies_with_its_parent():
    code = """
        import sys
        from apps.common.embedded.program import Program, spawn
        print(spawn(Program("orphan", [sys.executable, "-c", "import time; time.sleep(60)"])).pid, flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        orphan = psutil.Process(int(parent.stdout.readline()))
        parent.kill()

    assert until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE, timeout=5)


def test_wait_ready_reports_an_early_end(tmp_path):
    program = python("import sys; sys.exit('no luck')", log=tmp_path / "log", ready=lambda: False)
    process = spawn(program)

    with pytest.raises(DidNotStart, match="no luck"):
        wait_ready(program, process)


def test_wait_ready_loses_patience():
    program = python("import time; time.sleep(60)", ready=lambda: False)
    process = spawn(program)

    with pytest.raises(DidNotStart, match="not ready after"):
        wait_ready(program, process, timeout=0.2)
    stop(program, process)


def test_environment_is_added_to_ours(tmp_path):
    program = python("import os; print(os.environ['EXTRA'], 'PATH' in os.environ)", env={"EXTRA": "1"})
    process = spawn(program)

    assert process.stdout.read() == b"1 True\n"
    stop(program, process)


@pytest.mark.parametrize("host", ["127.0.0.1", ""])
def test_port_is_taken_while_somebody_listens(host):
    with socket.create_server((host, 0)) as server:
        port = server.getsockname()[1]
        assert not port_is_free("127.0.0.1", port)
        assert free_port(port) != port
    assert free_port(port) == port


def test_program_runs_as_the_account_of_servers():
    account = server_account()
    program = Program("test", ["/bin/sh", "-c", "id -u; id -G"], user=account, cwd=Path("/"))
    process = spawn(program)

    uid, *groups = process.stdout.read().split()
    stop(program, process)

    assert int(uid) != 0
    assert account is None or groups == [str(pwd.getpwnam(account).pw_gid).encode()]
