from datetime import datetime
from json import dumps

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.access.models import User
from apps.access.policies.explaining import Explanation, as_json, explain
from apps.common.errors import DomainError


class Command(BaseCommand):
    """Says whether somebody may do something, which statement decides, and what would have to change."""

    help = (
        "Explain a decision about access. RESOURCE is * (at all), member/* (their own), queue/<slug>/*, "
        "inbox/<slug>/*, <kind>/* or one object such as session/<number>, with or without acs:helpdesk:*:*: before it."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")
        parser.add_argument("action", help="such as chat:AcceptSession")
        parser.add_argument("resource", nargs="?", default="*")
        parser.add_argument("--at", type=_moment, help="a time with its zone, like 2026-11-11T08:00:00+08:00")
        parser.add_argument("--ip", help="the address that they call from")
        parser.add_argument("--mfa", action="store_true", help="as signed in with a second factor")
        parser.add_argument(
            "--json", action="store_true", help="one JSON object: decision, deciding, considered"
        )

    def handle(self, *args, username, action, resource, at, ip, mfa, json: bool = False, **options):
        user = User.objects.select_related("vendor").filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.", returncode=2)
        try:
            found = explain(user, action, resource, at=at, ip=ip, mfa=mfa)
        except DomainError as error:
            raise CommandError(error.detail, returncode=2) from error
        self.stdout.write(_dumped(found) if json else _told(found))


def _moment(text: str) -> datetime:
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _dumped(found: Explanation) -> str:
    return dumps(as_json(found), ensure_ascii=False, default=str)


def _told(found: Explanation) -> str:
    lines = ["ALLOWED" if found.allowed else "DENIED"]
    if found.deciding is not None:
        lines.append(f"  by {found.deciding.policy} [{found.deciding.statement.index}]")
        lines.append(f"     {dumps(found.deciding.statement.source, ensure_ascii=False)}")
    lines += [f"  {reason}" for reason in found.reasons]
    lines += ["Considered:"] * bool(found.considered)
    for one in found.considered:
        marks = {"action": one.action, "resource": one.resource}
        marks |= {condition.key: holds for condition, holds in one.conditions}
        parts = "  ".join(f"{'+' if fits else '-'}{name}" for name, fits in marks.items())
        lines.append(f"  {one.statement.effect:<5} {one.policy} [{one.statement.index}]  {parts}")
    return "\n".join(lines)
