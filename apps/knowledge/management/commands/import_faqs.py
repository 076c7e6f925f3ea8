import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.access.actors import SYSTEM
from apps.common.errors import Invalid
from apps.knowledge import services
from apps.knowledge.importing import import_faqs, read_records

CATEGORIES = "categories.json"  # in a folder: names of the categories, in the order of the menu


class Command(BaseCommand):
    """Load FAQs from JSON Lines files or folders of them; those with a known key are brought up to date."""

    help = (
        "Load FAQs from JSON Lines files (or folders of *.jsonl and a categories.json): all of them or none."
    )

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--json", action="store_true", help="One JSON object on standard output.")

    def handle(self, *args, paths, **options):
        files = jsonl_files(paths)
        try:
            records = list(read_records(files))
            with transaction.atomic():
                save_categories(paths)
                result = import_faqs(records, actor=SYSTEM)
        except Invalid as error:
            raise CommandError(f"{error.detail} {error.fields or ''}".strip()) from error
        if options["json"]:
            self.stdout.write(json.dumps(vars(result)))
        else:
            self.stderr.write(
                "{created} created, {updated} updated, {unchanged} unchanged".format(**vars(result))
            )


def jsonl_files(paths):
    """The files themselves, and the ``*.jsonl`` of folders by name. Raises ``CommandError`` for a missing path."""
    found = []
    for path in paths:
        if not path.exists():
            raise CommandError(f"{path} does not exist.", returncode=2)
        found += sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return found


def save_categories(paths):
    """Name the categories as the folders among ``paths`` say."""
    for path in paths:
        file = path / CATEGORIES
        if file.is_file():
            for position, category in enumerate(json.loads(file.read_text(encoding="utf-8")), start=1):
                services.save_category(actor=SYSTEM, position=position, **category)
