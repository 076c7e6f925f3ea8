"""Tickets in every state, with the promises they are measured by. Played through the real services."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from apps.access.actors import SYSTEM, Actor
from apps.access.models import User
from apps.console.demo import fixtures
from apps.customers.models import Customer
from apps.inboxes.models import Inbox
from apps.routing.models import Queue, ServiceCalendar
from apps.tickets import services
from apps.tickets.models import SlaPolicy, SlaTarget, Ticket, TicketView

SPACE = UUID("5f0c1a52-93f4-4f8e-9c5b-0d7a6a1f2b11")  # of the refs of the demo


def load_tickets(*, now: datetime | None = None) -> int:
    """Policies, shared views and tickets of ``fixtures/demo/tickets.json``; how many tickets were new."""
    now = now or timezone.now()
    demo = fixtures.read("tickets")
    for row in demo["policies"]:
        _policy(row)
    for row in demo["views"]:
        if not TicketView.objects.filter(owner=None, name=row["name"]).exists():
            services.save_view(actor=SYSTEM, shared=True, **row)
    stories = sorted(enumerate(demo["tickets"]), key=lambda pair: -pair[1]["hours_ago"])
    return sum(_play(story, uuid5(SPACE, str(place)), now) for place, story in stories)


@transaction.atomic
def _policy(row: dict[str, Any]) -> None:
    """Minutes of open time until the first response and the solution, by priority."""
    if SlaPolicy.objects.filter(name=row["name"]).exists():
        return
    calendar = ServiceCalendar.objects.get(name=row["calendar"])
    fields = {key: row[key] for key in ("name", "position", "customer_level") if key in row}
    policy = services.save_policy(SlaPolicy(calendar=calendar, **fields), actor=SYSTEM)
    for priority, (first, resolution) in row["targets"].items():
        target = SlaTarget(
            policy=policy,
            priority=priority,
            first_response=timedelta(minutes=first),
            resolution=timedelta(minutes=resolution),
        )
        services.save_policy(target, actor=SYSTEM)


@transaction.atomic
def _play(story: dict[str, Any], ref: UUID, now: datetime) -> bool:
    """One ticket from its beginning; False when it is there already."""
    if Ticket.objects.filter(ref=ref).exists():
        return False
    start = now - timedelta(hours=story["hours_ago"])
    agent = User.objects.get(username=story["agent"]) if story["agent"] else None
    ticket = _opened(story, ref, start)
    if agent is not None:
        services.change_ticket(ticket, actor=SYSTEM, version=None, now=start, assignee=agent)
    for place, (kind, hours, *words) in enumerate(story["steps"]):
        at = min(start + timedelta(hours=hours), now)
        _step(ticket, kind, words, agent or SYSTEM, uuid5(ref, str(place)), at)
    return True


def _opened(story: dict[str, Any], ref: UUID, at: datetime) -> Ticket:
    known = ("subject", "body", "priority", "tags", "channel", "locale", "order_no")
    # The shop may know the same person twice: the one who was here first.
    customer = Customer.objects.filter(email=story["customer"]).order_by("pk")[0]
    return services.create_ticket(
        actor=SYSTEM,
        customer=customer,
        inbox=Inbox.objects.get(slug=fixtures.read("desk")["inbox"]["slug"]),
        queue=Queue.objects.get(slug=story["queue"]),
        ref=ref,
        now=at,
        **{name: story[name] for name in known},
    )


def _step(ticket: Ticket, kind: str, words: list[str], agent: Actor, ref: UUID, at: datetime) -> None:
    if kind == "reply":
        body, status = words
        services.reply(ticket, actor=agent, body=body, ref=ref, status=_status(ticket, status), now=at)
    elif kind == "note":
        services.add_note(ticket, actor=agent, body=words[0], ref=ref, now=at)
    elif kind == "customer":
        message = {"customer": ticket.customer, "body": words[0], "via": "email", "ref": ref, "now": at}
        services.add_customer_message(ticket, **message)
    elif kind == "close":
        services.change_ticket(ticket, actor=SYSTEM, version=None, now=at, status="closed")


def _status(ticket: Ticket, wanted: str) -> str | None:
    """None where the ticket is there already."""
    ticket.refresh_from_db(fields=["status"])
    return None if ticket.status == wanted else wanted
