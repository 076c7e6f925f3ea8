import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.chat.bench import access
from apps.common.scratch import scratch_database


class Command(BaseCommand):
    """Measures on a database of its own; what the desk holds is never touched."""

    help = (
        "Measure what access costs. With --json: decision {statements, first_p50_ms (looks up what counts), "
        "p50_us, p99_us, per_s}, and lists [{queues, p50_ms, p99_ms, by_key_p50_ms (the same fifty chats by the keys "
        "of the queues alone), ratio}] among --rows chats."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=1_000_000, help="chats (%(default)s)")
        parser.add_argument("--queues", default="1,10,100", help="queues that somebody serves (%(default)s)")
        parser.add_argument("--times", type=int, default=200, help="pages of each list (%(default)s)")
        parser.add_argument("--decisions", type=int, default=20_000, help="decisions (%(default)s)")
        parser.add_argument(
            "--folder", type=Path, default=settings.DATA_DIR, help="of the own server (%(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args, rows, queues, times, decisions, folder, json: bool = False, **options):
        granted = [int(part) for part in queues.split(",") if part.isdigit()]
        if min(rows, times, decisions, *granted) < 2 and rows < access.PAGE * max(granted, default=0):
            raise CommandError("There is nothing to measure in so few.", returncode=2)
        with scratch_database(folder):
            self.stderr.write(f"{rows} chats …")
            access.stage(rows)
            found = {"rows": rows, "lists": [self._list(count, times) for count in granted]}
            statements = access.attach_policies()
            user = access.somebody("bench-decisions", 10)
            found["decision"] = {"statements": statements, **access.decisions(user, decisions)}
        self.stdout.write(_dumped(found) if json else _told(found))

    def _list(self, queues: int, times: int) -> dict:
        self.stderr.write(f"{queues} queues …")
        return access.lists(access.somebody(f"bench-{queues}", queues), queues, times)


def _dumped(found: dict) -> str:
    return json.dumps(found)


def _told(found: dict) -> str:
    decision = found["decision"]
    lines = [
        f"A decision among {decision['statements']} statements: p50 {decision['p50_us']} µs, "
        f"p99 {decision['p99_us']} µs; the first of a request {decision['first_p50_ms']} ms"
    ]
    lines += [
        f"50 of {found['rows']} chats, {row['queues']:>3} queues: p50 {row['p50_ms']} ms, p99 {row['p99_ms']} ms, "
        f"{row['ratio']} × by key"
        for row in found["lists"]
    ]
    return "\n".join(lines)
