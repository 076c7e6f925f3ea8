from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.common.up import Options, up


class Command(BaseCommand):
    """Runs until a signal. Does not touch the database itself, whose URL is known only after the start."""

    help = "Run the whole desk on this machine: servers, web, workers, clock, with demo data."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (%(default)s)")
        parser.add_argument("--data-dir", type=Path, default=settings.DATA_DIR, help="(%(default)s)")
        parser.add_argument("--no-demo", action="store_true", help="start with an empty desk")

    def handle(self, *, host, port, data_dir, no_demo, **options):
        status = up(Options(host=host, port=port, data_dir=data_dir.resolve(), demo=not no_demo))
        raise SystemExit(status)
