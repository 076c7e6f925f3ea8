import argparse
import json
import platform
import signal
import sys
from pathlib import Path

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.chat.bench.options import RAISED_LIMITS, Options
from apps.chat.bench.report import as_json, as_text
from apps.chat.bench.run import run
from apps.common.embedded.program import DidNotStart


class Command(BaseCommand):
    """Measures on servers and databases of its own; what the desk holds is never touched."""

    help = (
        "Measure the way of a message: the desk, a bare Channels relay and the database alone, in turn, "
        "with every invariant checked on every message. Exits with 1 when one did not hold."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        add = parser.add_argument
        add("--pairs", type=_numbers, default=(1, 20, 100), help="visitor and agent pairs (1,20,100)")
        add("--seconds", type=_positive, default=5.0, help="length of one measurement (%(default)s)")
        add("--rounds", type=int, default=3, help="of each number of pairs (%(default)s)")
        add("--processes", type=int, default=1, help="socket processes (%(default)s)")
        add("--share", type=float, default=0.0, help="of a core for each socket process; needs root")
        add("--window", type=int, default=1, help="messages under way per sender (%(default)s)")
        add("--rate", type=float, default=0.0, help="open loop: messages/s of all; 0 is a closed loop")
        add("--idle", type=int, default=500, help="idle visitors in the last round; 0 for none (%(default)s)")
        add("--idle-rate", type=_positive, default=200.0, help="messages/s meanwhile (%(default)s)")
        add("--stored", type=int, default=0, help="compare with a table that holds so many messages")
        add("--slow-disk", action="store_true", help="also with 4 ms added to each flush of the log")
        add(
            "--ceiling",
            action="store_true",
            help="also what the generator itself can do, with a trivial server",
        )
        add("--database-url", default="", help="another PostgreSQL; a database is made on it and dropped")
        add(
            "--template",
            default="",
            help="a migrated, empty database there, to be copied instead of migrating",
        )
        add(
            "--folder",
            type=Path,
            default=settings.DATA_DIR,
            help="where the own servers keep data (%(default)s)",
        )
        add("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args, **given):
        options = Options(**{name: given[name] for name in Options.__dataclass_fields__})
        if (
            min(options.rounds, options.processes, options.window) < 1
            or min(options.idle, options.stored) < 0
        ):
            raise CommandError("Rounds, processes and window start at 1, idle and stored at 0.", returncode=2)
        options.folder.mkdir(parents=True, exist_ok=True)
        signal.signal(signal.SIGTERM, _end)
        try:
            found = as_json(run(options, self.stderr.write), _surroundings(options))
        except DidNotStart as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(json.dumps(found) if given["json"] else as_text(found))
        if found["violations"]:
            sys.exit(1)


def _numbers(text):
    numbers = tuple(int(part) for part in text.split(","))
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError("at least one pair")
    return numbers


def _positive(text):
    number = float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError("more than 0")
    return number


def _end(_number, _frame):
    """As Ctrl-C: every server that was started is stopped on the way out."""
    raise KeyboardInterrupt


def _surroundings(options):
    """What a reader has to know to judge the figures."""
    return {
        "cores": psutil.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "shared": "servers, database and generator share the cores",
        "processes": options.processes,
        "loop": f"open, {options.rate:g} messages/s" if options.rate else f"closed, window {options.window}",
        "raised_limits": RAISED_LIMITS,
        "masking": "the generator masks with the key 0000",
        "received": "sent at once, with each read that brought a line",
        "commit_delay": "4000 µs, commit_siblings 0" if options.slow_disk else None,
    }
