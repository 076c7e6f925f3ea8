"""Changes of a ticket's fields: guarded by its version, told in its thread, followed by its clocks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access import viewing
from apps.access.actors import SYSTEM, Actor
from apps.access.models import User
from apps.access.others import asked_apart
from apps.audit import services as audit
from apps.common.errors import DomainError, Invalid
from apps.common.events import publish
from apps.tickets import thread
from apps.tickets.cleaning import clean_order_no, clean_priority, clean_subject, clean_tags
from apps.tickets.enums import DONE, NEXT, TicketStatus
from apps.tickets.errors import MoveNotAllowed, StaleVersion
from apps.tickets.events import TicketChanged
from apps.tickets.models import Ticket
from apps.tickets.permissions import TicketAction
from apps.tickets.services import clocks

CLEANERS: dict[str, Callable[[Any], Any]] = {
    "priority": clean_priority,
    "subject": clean_subject,
    "tags": clean_tags,
    "order_no": clean_order_no,
}
CHANGEABLE = ("status", "priority", "queue", "assignee", "subject", "tags", "order_no")
RETARGETS = {"priority", "queue", "tags"}  # what a policy may ask for
BULK_MAX = 200
SOLVED_REST = timedelta(days=7)  # in which the customer may say that it is not
CLOSE_BATCH = 500


@transaction.atomic
def change_ticket(
    ticket: Ticket, *, actor: Actor, version: int | None, now: datetime | None = None, **changes: Any
) -> Ticket:
    """Set some of the ``CHANGEABLE`` fields. Publishes ``TicketChanged`` when anything changed.

    ``version`` is the one that the actor looked at; None changes whatever is there. Raises ``StaleVersion`` with the
    ticket as it is now, ``AccessDenied``, ``Invalid`` or ``MoveNotAllowed``; then nothing was changed.
    """
    ticket = thread.locked(ticket)
    access.require(actor, TicketAction.CHANGE, ticket)
    require_version(ticket, version)
    changes = viewing.without_echoes(ticket, changes, actor=actor)
    return apply_changes(ticket, actor=actor, now=now or timezone.now(), **changes)


@dataclass
class BulkResult:
    """What became of each of several tickets, by number."""

    changed: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # why, by code


def change_tickets(
    tickets: Iterable[Ticket], *, actor: Actor, now: datetime | None = None, **changes: Any
) -> BulkResult:
    """The same change of up to 200 tickets, each on its own: one that is refused holds up no other."""
    result = BulkResult()
    for ticket in list(tickets)[:BULK_MAX]:
        try:
            change_ticket(ticket, actor=actor, version=None, now=now, **changes)
            result.changed.append(ticket.number)
        except DomainError as error:
            result.refused[ticket.number] = error.code
    return result


def require_version(ticket: Ticket, version: int | None) -> None:
    """Raise ``StaleVersion`` unless ``version`` is that of the locked ticket, or None."""
    if version is not None and version != ticket.version:
        raise StaleVersion(current=state_of(ticket))


def state_of(ticket: Ticket) -> dict[str, Any]:
    """The fields that may be changed, JSON-able, with the version that they have."""
    return {"version": ticket.version} | {name: _plain(getattr(ticket, name)) for name in CHANGEABLE}


def _plain(value: Any) -> Any:
    """A row as its key and name."""
    return {"id": value.pk, "name": str(value)} if hasattr(value, "pk") else value


def apply_changes(ticket: Ticket, *, actor: Actor, now: datetime, **changes: Any) -> Ticket:
    """As ``change_ticket`` for a locked ticket and an actor who may; the version counts what differs."""
    unknown = changes.keys() - set(CHANGEABLE)
    if unknown:
        raise TypeError(f"Not fields of a ticket that may be changed: {', '.join(sorted(unknown))}.")
    wanted = {name: _cleaned(name, value) for name, value in changes.items()}
    differs = {name: value for name, value in wanted.items() if getattr(ticket, name) != value}
    if not differs:
        return ticket
    before = {name: _plain(getattr(ticket, name)) for name in differs}
    _require_possible(ticket, differs, actor)
    _write(ticket, differs, now)
    after = {name: _plain(getattr(ticket, name)) for name in differs}
    told = {name: [before[name], after[name]] for name in sorted(differs)}
    thread.append_event(ticket, "changed", _in_words(told), actor=actor, now=now, changes=told)
    clocks.follow(ticket, now=now, retarget=bool(RETARGETS & differs.keys()))
    audit.record(actor=actor, action=TicketAction.CHANGE, target=ticket, at=now, changes=_audited(told))
    publish(TicketChanged(ticket_id=ticket.pk, fields=tuple(sorted(differs)), at=now))
    return ticket


def _cleaned(name: str, value: Any) -> Any:
    return CLEANERS[name](value) if name in CLEANERS else value


def _require_possible(ticket: Ticket, changes: dict[str, Any], actor: Actor) -> None:
    status = changes.get("status")
    if status is not None and status not in NEXT[ticket.status]:
        raise MoveNotAllowed(allowed=sorted(NEXT[ticket.status]))
    assignee = changes.get("assignee")
    if assignee is not None and not _may_own(assignee, changes.get("queue", ticket.queue), ticket, actor):
        raise Invalid(fields={"assignee": [_("They may not work on tickets of this queue.")]})


def _may_own(user: User, queue: Any, ticket: Ticket, actor: Actor) -> bool:
    """Whether ``user`` could work on the ticket in ``queue`` without being its assignee already.

    The ``actor`` may also do so by where they are; of others that is not known.
    """
    probe = Ticket(queue=queue, assignee=None, number=ticket.number)
    if user == actor and access.can(user, TicketAction.REPLY, probe):
        return True
    with asked_apart():
        return access.can(user, TicketAction.REPLY, probe)


def _write(ticket: Ticket, changes: dict[str, Any], now: datetime) -> None:
    changes = changes | {"version": ticket.version + 1, "updated_at": now}
    if "status" in changes:
        changes |= _moments(ticket, changes["status"], now)
    for name, value in changes.items():
        setattr(ticket, name, value)
    Ticket.objects.filter(pk=ticket.pk).update(**changes)


def _moments(ticket: Ticket, status: str, now: datetime) -> dict[str, Any]:
    """When it was solved and closed, as the constraints want it."""
    return {
        "solved_at": (ticket.solved_at or now) if status in DONE else None,
        "closed_at": now if status == TicketStatus.CLOSED else None,
    }


def _in_words(changes: dict[str, list[Any]]) -> str:
    parts = (f"{name} from {_word(old)} to {_word(new)}" for name, (old, new) in changes.items())
    return f"Changed {'; '.join(parts)}."


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["name"])
    return ", ".join(value) if isinstance(value, list) else str(value or "nothing")


def _audited(changes: dict[str, list[Any]]) -> dict[str, Any]:
    """Values of short fields; of a subject, which may hold anything, only that it changed."""
    return {name: (values if name != "subject" else []) for name, values in changes.items()}


def close_solved(*, now: datetime | None = None) -> int:
    """Close what stayed solved for ``SOLVED_REST``; how many. Safe to run twice and in parallel."""
    now = now or timezone.now()
    rested = Ticket.objects.filter(status=TicketStatus.SOLVED, solved_at__lt=now - SOLVED_REST)
    return sum(
        _close(pk, now) for pk in rested.order_by("solved_at").values_list("pk", flat=True)[:CLOSE_BATCH]
    )


@transaction.atomic
def _close(pk: int, now: datetime) -> bool:
    ticket = thread.locked(pk)
    still = ticket.status == TicketStatus.SOLVED and ticket.solved_at and ticket.solved_at < now - SOLVED_REST
    if still:
        apply_changes(ticket, actor=SYSTEM, now=now, status=TicketStatus.CLOSED)
    return bool(still)
