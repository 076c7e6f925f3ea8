import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.audit import checkpoints, proofs
from apps.audit.models import AuditEvent
from apps.audit.verifying import Verdict, verify
from apps.common.errors import DomainError


class Command(BaseCommand):
    """Is the trail what was sealed, and what was signed elsewhere? 1 when it is not, 2 when a line cannot be judged."""

    help = (
        "Walk over the sealed audit trail and name the first event that was altered, removed or inserted. With "
        "--checkpoint also against what was signed earlier, which catches a trail that was rewritten as a whole. "
        "--prove prints a proof that an event is part of it, --check-proof checks one without a database."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="start", type=int, default=0, help="id of the event to start at")
        parser.add_argument("--checkpoint", type=Path, help="file of signed checkpoints, one a line")
        parser.add_argument(
            "--public-key", action="append", default=[], help="base64 of a key that signed them, if not ours"
        )
        parser.add_argument("--prove", metavar="EVENT", help="print the proof of an event, by id or event id")
        parser.add_argument("--check-proof", type=Path, metavar="FILE", help="check a proof")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["prove"]:
                return self.stdout.write(json.dumps(proofs.prove(_event(options["prove"])), indent=1))
            if options["check_proof"]:
                return self._check(options["check_proof"], as_json=options["json"])
            return self._walk(options)
        except (DomainError, OSError, UnicodeDecodeError) as error:
            raise CommandError(str(error), returncode=2) from error

    def _walk(self, options: dict[str, Any]) -> None:
        path = options["checkpoint"]
        lines = path.read_text(errors="replace").splitlines() if path else []
        signed, bad = checkpoints.read(lines, keys=options["public_key"]) if lines else ([], [])
        verdict = verify(start=options["start"], checkpoints=signed)
        self.stdout.write(json.dumps(as_json(verdict)) if options["json"] else as_text(verdict))
        for error in bad:
            self.stderr.write(str(error))
        if not verdict.ok:
            sys.exit(1)
        if bad:
            raise CommandError(f"{len(bad)} lines are no checkpoints. {bad[0]}", returncode=2)

    def _check(self, path: Path, *, as_json: bool) -> None:
        try:
            proof = json.loads(path.read_text())
        except ValueError as error:
            raise CommandError("This is no JSON.", returncode=2) from error
        why = proofs.complaint(proof)
        found = {"ok": not why, "why": why, "event_id": proof["event_id"], "hash": proof["hash"]}
        self.stdout.write(json.dumps(found) if as_json else why or f"Holds, for a chain at {proof['hash']}.")
        if why:
            sys.exit(1)


def _event(text: str) -> AuditEvent:
    try:
        key = {"pk": int(text)} if text.isascii() and text.isdigit() else {"event_id": UUID(text)}
        return AuditEvent.objects.get(**key)
    except (ValueError, AuditEvent.DoesNotExist) as error:
        raise CommandError(f"There is no event {text}.", returncode=2) from error


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The figures of the contract, and what is not sealed yet."""
    bad = verdict.first_bad
    return {
        "rows": verdict.rows,
        "seals": verdict.seals,
        "unsealed": verdict.unsealed,
        "checkpoints": verdict.checkpoints,
        "ok": verdict.ok,
        "first_bad": asdict(bad) if bad else None,
        "rows_per_s": verdict.rows_per_s,
        "seconds": round(verdict.seconds, 3),
    }


def as_text(verdict: Verdict) -> str:
    """One line, and a second one where something is wrong."""
    line = (
        f"{verdict.rows} events in {verdict.seals} seals are as they were sealed "
        f"({verdict.rows_per_s} a second); {verdict.checkpoints} checkpoints agree; {verdict.unsealed} not sealed yet."
    )
    bad = verdict.first_bad
    return f"{line}\nBROKEN at event {bad.id}, seal {bad.seal}: {bad.why}" if bad else line
