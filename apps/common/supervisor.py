"""Runs programs side by side in one terminal: prefixed output, restart on crash, a clean end.

One thread and one loop, ``step``. Everything is started from the main thread, so that the kernel ends the children
if this process is killed.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from apps.common.console_output import Printer
from apps.common.embedded.program import Program, kill_session, spawn

STEADY_SECONDS = 60  # after this long a crash counts as the first one again
MAX_PAUSE = 30
CHUNK = 65_536


class Child:
    """A program and the process that runs it now, if any."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen | None = None
        self.crashes = 0
        self.started_at = 0.0
        self.restart_at = 0.0
        self.unfinished = b""  # output after the last line break

    @property
    def running(self) -> bool:
        """Whether its process has not ended."""
        return self.process is not None and self.process.poll() is None

    def pause(self) -> float:
        """Seconds until the next start, doubling with every crash in a row."""
        steady = time.monotonic() - self.started_at > STEADY_SECONDS
        self.crashes = 1 if steady else self.crashes + 1
        return min(0.5 * 2 ** (self.crashes - 1), MAX_PAUSE)


class Interrupted(Exception):
    """A signal asked to stop while something was waited for."""


class Supervisor:
    """Starts, watches and stops children. ``stopping`` turns true with the first SIGINT, SIGTERM or SIGHUP."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self.children: list[Child] = []
        self.stopping = False
        self.impatient = False
        self._selector = selectors.DefaultSelector()

    def listen_to_signals(self) -> None:
        """From now on signals ask for a clean end; the second one for a quick end."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.impatient = self.stopping
        self.stopping = True

    def start(self, program: Program) -> Child:
        """Run ``program`` from now until ``stop``."""
        child = Child(program)
        self.children.append(child)
        self._launch(child)
        return child

    def _launch(self, child: Child) -> None:
        child.started_at = time.monotonic()
        child.restart_at = 0.0
        child.process = spawn(child.program)
        if child.process.stdout:
            os.set_blocking(child.process.stdout.fileno(), False)
            self._selector.register(child.process.stdout, selectors.EVENT_READ, child)

    def step(self, timeout: float = 0.2) -> None:
        """Print what came, and start again what crashed. Returns after ``timeout`` seconds at the latest."""
        self._print_output(timeout)
        for child in self.children:
            if not child.running and not self.stopping:
                self._revive(child)

    def _revive(self, child: Child) -> None:
        if child.restart_at == 0.0:
            pause = child.pause()
            child.restart_at = time.monotonic() + pause
            self._finish(child)
            self._say_ended(child, f"starting it again in {pause:g} s")
        elif time.monotonic() >= child.restart_at:
            self._launch(child)

    def _say_ended(self, child: Child, then: str) -> None:
        status = child.process.returncode if child.process else None
        self.printer.say(f"{child.program.name} ended with status {status}, {then}.")

    def _print_output(self, timeout: float) -> None:
        if not self._selector.get_map():
            time.sleep(timeout)
        for key, _events in self._selector.select(timeout):
            self._read(key.data, key.fd)

    def _read(self, child: Child, descriptor: int) -> None:
        output = os.read(descriptor, CHUNK)
        *lines, child.unfinished = (child.unfinished + output).split(b"\n")
        if not output or len(child.unfinished) > CHUNK:
            lines, child.unfinished = [*lines, child.unfinished], b""
        for line in filter(None, lines):
            self.printer.line(child.program.name, line.decode(errors="replace"))
        if not output:
            self._close_output(child)

    def _close_output(self, child: Child) -> None:
        if child.process and child.process.stdout and not child.process.stdout.closed:
            self._selector.unregister(child.process.stdout)
            child.process.stdout.close()

    def wait(self, condition: Callable[[], bool], *, timeout: float = 60) -> bool:
        """Step until ``condition``; false after ``timeout`` seconds. Raises ``Interrupted`` when asked to stop."""
        deadline = time.monotonic() + timeout
        while not condition():
            if self.stopping:
                raise Interrupted
            if time.monotonic() > deadline:
                return False
            self.step(0.05)
        return True

    def run_to_end(self, program: Program, *, timeout: float = 600) -> int:
        """Run ``program`` once; returns its status."""
        child = self.start(program)
        child.restart_at = float("inf")  # it may end
        try:
            self.wait(lambda: not child.running, timeout=timeout)
        finally:
            self.stop([child])
        return child.process.returncode if child.process else 1

    def stop(self, children: list[Child]) -> None:
        """Ask ``children`` to end together, print their last words, and kill those that do not."""
        self.children = [child for child in self.children if child not in children]
        for child in children:
            if child.running and child.process:
                child.process.send_signal(child.program.stop_signal)
        asked_at = time.monotonic()
        while any(self._still_has_time(child, asked_at) for child in children):
            self._print_output(0.05)
        for child in children:
            self._finish(child)

    def _still_has_time(self, child: Child, asked_at: float) -> bool:
        within = time.monotonic() - asked_at < child.program.stop_within
        return child.running and within and not self.impatient

    def _finish(self, child: Child) -> None:
        if child.process is None:
            return
        if child.running:
            self.printer.say(f"{child.program.name} did not stop in time and is killed.")
        if child.process.stdout and not child.process.stdout.closed:
            self._drain(child, child.process.stdout)
        kill_session(child.process)

    def _drain(self, child: Child, output: IO[bytes]) -> None:
        """What it said before it ended; it may have children that keep the pipe open."""
        with suppress(BlockingIOError):
            self._read(child, output.fileno())
        self._close_output(child)
