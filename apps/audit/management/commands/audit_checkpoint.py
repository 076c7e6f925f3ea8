import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit import checkpoints, sealing
from apps.common.errors import DomainError


class Command(BaseCommand):
    """A signed word on where the trail stands, to be kept where the desk's operators cannot write."""

    help = (
        "Seal what is settled and print a signed checkpoint, or add it to a file. Keep it away from the database: "
        "`verify_audit --checkpoint FILE` then catches also a trail that was rewritten together with its seals."
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", type=Path, help="file to add it to, instead of printing it")
        parser.add_argument(
            "--public-key", action="store_true", help="print the public key that auditors need"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = checkpoints.signing_key().public_key()
            if options["public_key"]:
                return self.stdout.write(checkpoints.public_text(key))
            sealing.seal_pending()
            made = checkpoints.keep(options["to"]) if options["to"] else checkpoints.make()
        except (DomainError, OSError) as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            return self.stdout.write(json.dumps({"checkpoint": json.loads(made.as_line()) if made else None}))
        if made is None:
            return self.stdout.write("Nothing new to sign.")
        return self.stdout.write(f"Seal {made.seal} is signed." if options["to"] else made.as_line())
