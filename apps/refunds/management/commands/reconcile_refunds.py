import json
import sys
from datetime import UTC, date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.common.errors import DomainError
from apps.refunds.gateways.base import NotConfigured
from apps.refunds.services.reconciling import Reconciliation, reconcile

GROUPS = ("ours_only", "theirs_only", "amount_differs", "unknown_open")


class Command(BaseCommand):
    """Our refunds of a day beside the gateway's statement; 1 where they differ or an outcome stays unknown."""

    help = (
        "Compare the refunds of a day with the gateway's statement of it. unknown_open counts refunds of any day "
        "whose outcome has been unknown for more than 24 hours."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--date", type=date.fromisoformat, help="UTC day, e.g. 2026-11-22; yesterday by default."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object on stdout.")

    def handle(self, *args, **options):
        day = options["date"] or timezone.now().astimezone(UTC).date() - timedelta(days=1)
        try:
            found = reconcile(day)
        except NotConfigured as error:
            raise CommandError("No refund gateway is configured.", returncode=2) from error
        except DomainError as error:
            raise CommandError(error.detail, returncode=1) from error
        self.stdout.write(json.dumps(as_json(found)) if options["json"] else as_text(found))
        if not found.ok:
            sys.exit(1)


def as_json(found: Reconciliation) -> dict[str, Any]:
    """Counts by name; ``refunds`` holds the numbers of what somebody has to look at."""
    counts = {name: len(getattr(found, name)) for name in ("matched", *GROUPS)}
    numbers = {name: getattr(found, name) for name in GROUPS}
    return {"date": found.date.isoformat(), **counts, "ok": found.ok, "refunds": numbers}


def as_text(found: Reconciliation) -> str:
    """One line a group, with the numbers to look at."""
    lines = [f"{found.date}: {len(found.matched)} matched"]
    for name in GROUPS:
        numbers = getattr(found, name)
        lines.append(f"  {name.replace('_', ' ')}: {len(numbers)} {' '.join(numbers)}".rstrip())
    return "\n".join(lines)
