import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from apps.audit import grants


class Command(BaseCommand):
    """Two roles for the database: one owns and migrates the tables, the other runs the desk."""

    help = (
        "Print the GRANTs that let ROLE run the desk and only add to the audit trail; --apply runs them, as the owner "
        "of the tables. --check says what the role of this connection could do to the trail: 1 when it could."
    )

    def add_arguments(self, parser):
        parser.add_argument("role", nargs="?", help="the role that the application connects as")
        parser.add_argument("--apply", action="store_true", help="run them on this connection")
        parser.add_argument("--check", action="store_true", help="look at the role of this connection")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            return self._check(as_json=options["json"])
        if not options["role"]:
            raise CommandError("Name the role.", returncode=2)
        try:
            if options["apply"]:
                grants.apply(options["role"])
            self.stdout.write(grants.as_text(options["role"]))
        except Error as error:
            raise CommandError(str(error), returncode=2) from error

    def _check(self, *, as_json: bool) -> None:
        found = grants.weaknesses()
        text = "\n".join(found) or "It may add to the trail and nothing else."
        self.stdout.write(json.dumps({"ok": not found, "weaknesses": found}) if as_json else text)
        if found:
            sys.exit(1)
