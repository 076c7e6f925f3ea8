"""A program of the desk: how to start it, see it ready and stop it without leaving anything behind."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from apps.common.embedded.account import credentials

PR_SET_PDEATHSIG = 1  # prctl(2): the signal a child gets when its parent is gone


@dataclass(frozen=True)
class Program:
    """One process to run. ``ready`` is asked until it says yes; ``stop_within`` is in seconds."""

    name: str
    argv: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: float = 10
    log: Path | None = None  # None: the output is piped to whoever started it


class DidNotStart(RuntimeError):
    """A program ended or stayed silent while it was waited for."""


def spawn(program: Program) -> subprocess.Popen:
    """Start ``program`` in its own session; when this process dies, it gets its stop signal.

    Call from the main thread: the kernel ties the child to the thread that started it.
    """
    output: int | IO = program.log.open("ab") if program.log else subprocess.PIPE
    process = subprocess.Popen(
        list(program.argv),
        env={**os.environ, **program.env},
        cwd=program.cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_parent(program.stop_signal),
        **credentials(program.user),
    )
    if not isinstance(output, int):
        output.close()
    return process


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)

    return tie


def wait_ready(program: Program, process: subprocess.Popen, *, timeout: float = 60) -> None:
    """Return once ``program`` is ready. Raises ``DidNotStart`` with the end of its log."""
    if not until(lambda: process.poll() is not None or program.ready(), timeout=timeout):
        raise DidNotStart(f"{program.name} is not ready after {timeout:.0f} s. {log_tail(program)}")
    if process.poll() is not None:
        raise DidNotStart(f"{program.name} ended with status {process.returncode}. {log_tail(program)}")


def until(condition: Callable[[], bool], *, timeout: float, pause: float = 0.05) -> bool:
    """Ask ``condition`` every ``pause`` seconds; false when it stayed false for ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def log_tail(program: Program, *, lines: int = 15) -> str:
    """The last ``lines`` of its log file, for an error message."""
    if program.log is None or not program.log.exists():
        return ""
    return "\n".join(program.log.read_text(errors="replace").splitlines()[-lines:])


def stop(program: Program, process: subprocess.Popen) -> None:
    """Ask ``process`` to stop, then kill what is left of its session; it is gone on return."""
    with suppress(ProcessLookupError):
        process.send_signal(program.stop_signal)
    with suppress(subprocess.TimeoutExpired):
        process.wait(program.stop_within)
    kill_session(process)


def kill_session(process: subprocess.Popen) -> None:
    """Kill ``process`` and the children that stayed in its process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()


def free_port(preferred: int | None = None) -> int:
    """A TCP port that nobody uses on the loopback interface, ``preferred`` if it is free."""
    if preferred and port_is_free("127.0.0.1", preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_is_free(host: str, port: int) -> bool:
    """Whether a server could listen on ``host:port`` now."""
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(address)
            return True
    return False
