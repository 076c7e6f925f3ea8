import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection as desk
from psycopg import sql

from apps.common.embedded.postgres import answers, maintenance_connection
from apps.common.embedded.program import DidNotStart
from apps.common.embedded.servers import running_servers


class Command(BaseCommand):
    """Measures in a database of its own, made for it and dropped afterwards."""

    help = (
        "overhead_queries: what recording adds to a write; overhead_ratio: median of a write that is on record by that "
        "of a bare one, taken in turn; writers: the same with several at a time; seal_rows_per_s and "
        "verify_rows_per_s: events a second of --rows events. Exits with 1 when the trail was not whole or recording "
        "took more than one query."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--rows", type=int, default=1_000_000, help="events to verify (%(default)s)")
        parser.add_argument("--writes", type=int, default=1_000, help="pairs of writes (%(default)s)")
        parser.add_argument("--writers", type=int, default=4, help="writers at the same time (%(default)s)")
        parser.add_argument(
            "--seconds", type=float, default=4.0, help="of each kind of writers (%(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = {name: options[name] for name in ("rows", "writes", "writers", "seconds")}
        if min(asked.values()) <= 0:
            raise CommandError("All numbers start at 1.", returncode=2)
        try:
            with ExitStack() as stack:
                found = self._measure(stack.enter_context(_database()), asked)
        except (DidNotStart, psycopg.Error, subprocess.CalledProcessError) as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(json.dumps(found) if options["json"] else as_text(found))
        if not found["ok"] or found["overhead_queries"] > 1:
            sys.exit(1)

    def _measure(self, env: dict[str, str], asked: dict[str, Any]) -> dict[str, Any]:
        self.stderr.write("tables …")
        _python(["manage.py", "migrate", "-v0"], env)
        done = _python(["-m", "apps.audit.bench.measuring"], env, given=json.dumps(asked))
        return json.loads(done)


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    """Environment with a new database: on the desk's server where it answers, else on one that is started for it."""
    with ExitStack() as stack:
        env = {"DATABASE_URL": _url()}
        if not answers(env["DATABASE_URL"]):
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="helpdesk-bench-")))
            env = stack.enter_context(running_servers(folder, given={}))
        parts, name = urlsplit(env["DATABASE_URL"]), f"bench_audit_{secrets.token_hex(4)}"
        with maintenance_connection(env["DATABASE_URL"]) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        stack.callback(_drop, env["DATABASE_URL"], name)
        yield {**env, "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}


def _url() -> str:
    """Of the desk's own database."""
    known = {name: quote(str(value), safe="") for name, value in desk.get_connection_params().items()}
    secret = f":{known['password']}" if known.get("password") else ""
    place = f"{known.get('host', 'localhost')}:{known.get('port', 5432)}"
    return f"postgresql://{known.get('user', '')}{secret}@{place}/{known.get('dbname', 'postgres')}"


def _drop(url: str, name: str) -> None:
    with maintenance_connection(url) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _python(arguments: list[str], env: dict[str, str], *, given: str = "") -> str:
    """What a program of ours prints; what it says meanwhile goes to standard error."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, **env},
        cwd=settings.BASE_DIR,
        input=given,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def as_text(found: dict[str, Any]) -> str:
    """A line a figure."""
    crowd = found["writers"]
    return "\n".join(
        (
            f"a write: {found['bare_ms']} ms bare, {found['recorded_ms']} ms on record "
            f"(× {found['overhead_ratio']}, {found['overhead_queries']} query more)",
            f"{crowd['threads']} writers: {crowd['bare_per_s']} a second bare, {crowd['recorded_per_s']} on record "
            f"(× {crowd['ratio']})",
            f"{found['rows']} events in {found['seals']} seals: sealed at {found['seal_rows_per_s']} a second, "
            f"verified at {found['verify_rows_per_s']} a second",
        )
    )
