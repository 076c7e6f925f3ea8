import io
import os
import signal
import sys
import textwrap
import time

import psutil
import pytest

from apps.common.console_output import Printer
from apps.common.embedded.program import Program
from apps.common.supervisor import MAX_PAUSE, Child, Interrupted, Supervisor


@pytest.fixture
def screen():
    return io.StringIO()


@pytest.fixture
def supervisor(screen):
    """Stops whatever a test left running; the test's own signal handlers come back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    supervisor = Supervisor(Printer(screen))
    yield supervisor
    supervisor.impatient = True
    supervisor.stop(list(supervisor.children))
    for number, handler in before.items():
        signal.signal(number, handler)


def python(code, name="test", **options):
    return Program(name, [sys.executable, "-u", "-c", textwrap.dedent(code)], **options)


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_output_is_prefixed(supervisor, screen):
    supervisor.run_to_end(python("print('one'); print('two')", name="web"))

    assert screen.getvalue().splitlines() == ["web      | one", "web      | two"]


def test_output_without_line_end_comes_too(supervisor, screen):
    supervisor.run_to_end(python("print('half', end='')"))

    assert screen.getvalue() == "test     | half\n"


def test_output_that_is_no_text_does_no_harm(supervisor, screen):
    supervisor.run_to_end(python("import sys; sys.stdout.buffer.write(b'\\xff\\n')"))

    assert screen.getvalue() == "test     | \N{REPLACEMENT CHARACTER}\n"


def test_endless_line_is_cut(supervisor, screen):
    supervisor.run_to_end(python("print('x' * 200_000, end='')"))

    assert len(screen.getvalue().splitlines()) >= 2
    assert screen.getvalue().count("x") == 200_000


def test_run_to_end_returns_the_status(supervisor):
    assert supervisor.run_to_end(python("raise SystemExit(3)")) == 3
    assert supervisor.children == []


def test_crash_is_followed_by_a_restart(supervisor, screen, tmp_path):
    marker = tmp_path / "starts"
    child = supervisor.start(
        python(f"open({str(marker)!r}, 'a').write('x'); import time; time.sleep(60)", name="web")
    )
    supervisor.wait(lambda: marker.exists() and marker.read_text() == "x", timeout=10)

    child.process.kill()

    assert supervisor.wait(lambda: marker.read_text() == "xx", timeout=10)
    assert "web ended with status -9, starting it again in 0.5 s." in screen.getvalue()


def test_restart_leaves_no_child_of_the_crashed_one(supervisor, tmp_path):
    marker = tmp_path / "pids"
    code = f"""
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open({str(marker)!r}, "a").write(f"{{child.pid}} ")
        time.sleep(60)
    """
    child = supervisor.start(python(code))
    supervisor.wait(lambda: marker.exists() and " " in marker.read_text(), timeout=10)
    orphan = int(marker.read_text())

    child.process.kill()

    assert supervisor.wait(lambda: marker.read_text().count(" ") == 2, timeout=10)
    assert gone(orphan)


def test_pause_doubles_up_to_a_limit():
    child = Child(python(""))
    child.started_at = time.monotonic()

    pauses = [child.pause() for _ in range(9)]

    assert pauses[:4] == [0.5, 1, 2, 4]
    assert pauses[-1] == MAX_PAUSE


def test_pause_is_short_again_after_a_steady_run():
    child = Child(python(""))
    child.crashes = 8
    child.started_at = time.monotonic() - 3600

    assert child.pause() == 0.5


def test_stop_kills_what_hangs(supervisor, screen):
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    child = supervisor.start(python(code, name="web", stop_within=0.3))
    supervisor.wait(lambda: "deaf" in screen.getvalue(), timeout=10)

    supervisor.stop([child])

    assert child.process.returncode == -signal.SIGKILL
    assert "web did not stop in time and is killed." in screen.getvalue()


def test_stop_prints_last_words(supervisor, screen):
    code = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: (print("bye"), sys.exit(0)))
        print("up")
        time.sleep(60)
    """
    child = supervisor.start(python(code))
    supervisor.wait(lambda: "up" in screen.getvalue(), timeout=10)

    supervisor.stop([child])

    assert screen.getvalue().splitlines()[-1] == "test     | bye"


def test_second_signal_does_not_wait(supervisor, screen):
    supervisor.listen_to_signals()
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    child = supervisor.start(python(code, stop_within=30))
    supervisor.wait(lambda: "deaf" in screen.getvalue(), timeout=10)

    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    began = time.monotonic()
    supervisor.stop([child])

    assert time.monotonic() - began < 10
    assert not child.running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_interrupts_a_wait(supervisor, number):
    supervisor.listen_to_signals()
    os.kill(os.getpid(), number)

    with pytest.raises(Interrupted):
        supervisor.wait(lambda: False)


def test_wait_gives_up(supervisor):
    assert not supervisor.wait(lambda: False, timeout=0.1)


def test_nothing_restarts_while_stopping(supervisor):
    child = supervisor.start(python(""))
    child.process.wait()
    supervisor.stopping = True

    supervisor.step(0)

    assert child.restart_at == 0


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_printer_colours_a_terminal_by_name(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    printer = Printer(terminal)

    for name in ("web", "worker", "web"):
        printer.line(name, "text")

    first, other, again = terminal.getvalue().splitlines()
    assert first == again
    assert first.startswith("\x1b[36mweb")
    assert other.startswith("\x1b[32mworker")


def test_printer_respects_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()

    Printer(terminal).say("one\ntwo")

    assert terminal.getvalue() == "desk     | one\ndesk     | two\n"


def test_printer_survives_a_closed_terminal():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        printer = Printer(stream)
        printer.say("nobody reads this")
        printer.say("nor this")
