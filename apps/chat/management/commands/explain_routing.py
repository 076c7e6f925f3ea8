import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.chat.selectors import KIND, session_by_public_id
from apps.chat.services.handoff import case_of
from apps.common.errors import DomainError, NotFound
from apps.routing import selectors as routing
from apps.routing.models import QueueEntry
from apps.routing.rules import Case, Decision

Explanation = dict[str, Any]


class Command(BaseCommand):
    """Why a chat is where it is, from its stored trace; or where a made-up case would go."""

    help = "Say why a chat waits in its queue, or where a case would go by the rules of now."

    def add_arguments(self, parser):
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--session", help="Public id of a chat.")
        what.add_argument(
            "--case", type=Path, help=f"JSON file with any of {', '.join(sorted(names_of_case()))}."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object on stdout.")

    def handle(self, *args, **options):
        try:
            found = (
                of_session(options["session"]) if options["session"] else of_case(read_case(options["case"]))
            )
        except NotFound as error:
            raise CommandError(error.detail, returncode=2) from error
        except DomainError as error:
            raise CommandError(error.detail) from error
        self.stdout.write(json.dumps(found, ensure_ascii=False) if options["json"] else as_text(found))


def names_of_case() -> set[str]:
    return {field.name for field in fields(Case)}


def read_case(path: Path) -> Case:
    """The case in a JSON file. Raises ``CommandError`` (2) for anything else."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path}: {error}", returncode=2) from error
    unknown = set(given) - names_of_case() if isinstance(given, dict) else {"not an object"}
    if unknown or not all(isinstance(value, str) for value in given.values()):
        raise CommandError(f"{path}: texts by name, no {', '.join(sorted(unknown))}.", returncode=2)
    return Case(**given)


def of_session(public_id: str) -> Explanation:
    """The decision as it was taken and all that happened since; of a chat with the robot, what it would be now."""
    session = session_by_public_id(public_id)
    entry = routing.last_entry(KIND, session.pk)
    return of_case(case_of(session)) if entry is None else _of_entry(entry)


def _of_entry(entry: QueueEntry) -> Explanation:
    return {
        "queue": entry.queue.slug,
        "skills": entry.skills,
        "priority": entry.priority,
        "rule": entry.rule.name if entry.rule else None,
        "allocation": entry.allocation or entry.queue.allocation,
        "state": entry.state,
        "trace": entry.trace,
    }


def of_case(case: Case) -> Explanation:
    """Where ``case`` would go now. Raises ``NoQueue``."""
    decision: Decision = routing.decide_for(case)
    return {
        "queue": decision.queue.slug,
        "skills": list(decision.skills),
        "priority": decision.priority,
        "rule": decision.rule.name if decision.rule else None,
        "allocation": decision.method,
        "state": None,
        "trace": [{"step": "decided", "why": decision.trace}],
    }


def as_text(found: Explanation) -> str:
    """For people: one line for each step of the trace."""
    lines = [f"{name}: {found[name]}" for name in ("queue", "rule", "priority", "skills", "allocation")]
    for line in found["trace"]:
        rest = {key: value for key, value in line.items() if key not in ("at", "step")}
        lines.append(f"  {line.get('at', '')} {line['step']} {json.dumps(rest, ensure_ascii=False)}".rstrip())
    return "\n".join(lines)
