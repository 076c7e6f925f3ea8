import csv
import json
from io import StringIO

from django.core.management.base import BaseCommand

from apps.audit.access_review import Review, as_json, review

PLAIN = "Nothing to question."


class Command(BaseCommand):
    """The report that a security officer asks for before a pilot."""

    help = (
        "Say who can do what, and what of it is questionable: unused permissions in 90 days, over-broad statements, "
        "grants without end, dormant accounts, administrators without a second factor."
    )

    def add_arguments(self, parser):
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="one JSON object: principals, findings")
        form.add_argument("--csv", action="store_true", help="a row for each finding")

    def handle(self, *args, json: bool = False, csv: bool = False, **options):
        found = review()
        write = _json if json else _csv if csv else _text
        self.stdout.write(write(found))


def _json(found: Review) -> str:
    return json.dumps(as_json(found), ensure_ascii=False)


def _csv(found: Review) -> str:
    rows = StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(["code", "principal", "detail"])
    writer.writerows((one.code, _inert(one.principal), _inert(one.detail)) for one in found.findings)
    return rows.getvalue().rstrip("\n")


def _inert(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _text(found: Review) -> str:
    lines = [f"{person.user.username:<24} {', '.join(person.roles) or '–'}" for person in found.people]
    lines += ["", *(f"{one.code:<20} {one.principal:<24} {one.detail}" for one in found.findings)]
    return "\n".join(lines if found.findings else [*lines, PLAIN])
