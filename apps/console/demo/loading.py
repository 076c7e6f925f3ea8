"""Loading the demo. Runs again without harm: what is there is brought up to date."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django.db import transaction

from apps.access import partners
from apps.access.actors import SYSTEM
from apps.access.enums import GrantKind
from apps.access.models import Grant, Role, User, Vendor
from apps.console.demo import fixtures
from apps.customers import services as customers
from apps.customers.models import Customer
from apps.inboxes import services as inboxes
from apps.inboxes.models import Inbox
from apps.knowledge import services as knowledge
from apps.knowledge.models import CannedReply
from apps.routing import services as routing
from apps.routing.models import Queue, RoutingRule, ServiceCalendar, ServiceHours

IN_ADMIN = ("supervisor", "manager", "auditor")


@transaction.atomic
def load_desk() -> None:
    """Inbox, calendars, queues and rules."""
    desk = fixtures.read("desk")
    inbox = Inbox.objects.filter(slug=desk["inbox"]["slug"]).first()
    if inbox is None:
        inbox = inboxes.create_inbox(actor=SYSTEM, **desk["inbox"])
        inboxes.rotate_identity_secret(inbox, actor=SYSTEM)
    calendar = _calendar(desk["calendar"])
    _calendar(desk["office_calendar"])
    for row in desk["queues"]:
        _queue(row, calendar)
    for row in desk["rules"]:
        _rule(row)


def _calendar(row: dict[str, str]) -> ServiceCalendar:
    """A calendar that is open at the same hours every day."""
    calendar, created = ServiceCalendar.objects.get_or_create(
        name=row["name"], defaults={"zone": row["zone"]}
    )
    if created:
        opens, closes = time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])
        for weekday in range(7):
            hours = ServiceHours(calendar=calendar, weekday=weekday, opens=opens, closes=closes)
            routing.save_configuration(hours, actor=SYSTEM)
    return calendar


def _queue(row: dict[str, Any], calendar: ServiceCalendar) -> None:
    if not Queue.objects.filter(slug=row["slug"]).exists():
        routing.save_configuration(Queue(calendar=calendar, **row), actor=SYSTEM)


def _rule(row: dict[str, Any]) -> None:
    if not RoutingRule.objects.filter(name=row["name"]).exists():
        queue = Queue.objects.get(slug=row["queue"])
        routing.save_configuration(RoutingRule(**(row | {"queue": queue})), actor=SYSTEM)


@transaction.atomic
def load_people() -> None:
    """Partners; agents with their roles, seats and queues; customers."""
    people = fixtures.read("people")
    for row in people["vendors"]:
        if not Vendor.objects.filter(slug=row["slug"]).exists():
            partners.create_vendor(actor=SYSTEM, **row)
    users = {row["username"]: _user(row) for row in people["agents"]}
    _stand_in(users["chen"])
    for queue in Queue.objects.all():
        serving = [row for row in people["agents"] if queue.slug in row["queues"]]
        agents = [users[row["username"]] for row in serving]
        supervisors = [users[row["username"]] for row in serving if row["role"] == "supervisor"]
        routing.set_members(queue, agents=agents, supervisors=supervisors, actor=SYSTEM)
    for row in people["agents"]:
        if row["max_units"]:
            routing.set_capacity(users[row["username"]], max_units=row["max_units"], actor=SYSTEM)
    for row in people["customers"]:
        _customer(row)


def _user(row: dict[str, Any]) -> User:
    user = User.objects.filter(username=row["username"]).first()
    if user is None:
        named = {key: row[key] for key in ("username", "display_name", "email", "locale", "zone")}
        vendor = Vendor.objects.filter(slug=row.get("vendor")).first()
        user = User(is_staff=row["role"] in IN_ADMIN, vendor=vendor, **named)
        user.set_password(fixtures.password_of(user.username))
        user.save()
        Grant.objects.create(user=user, role=Role.objects.get(slug=row["role"]), reason="Demo")
    return user


def _stand_in(supervisor: User) -> None:
    """One who takes the manager's role on when needed, and a role for emergencies."""
    manager = Role.objects.get(slug="manager")
    Grant.objects.get_or_create(
        user=supervisor,
        role=manager,
        kind=GrantKind.ON_DEMAND,
        defaults={"reason": "Stands in for the manager"},
    )
    Role.objects.get_or_create(
        slug="emergency",
        defaults={"name": "Emergency", "actions": manager.actions, "is_break_glass": True},
    )


def _customer(row: dict[str, str]) -> None:
    level = row["level"]
    contact = {key: row[key] for key in ("name", "email", "phone", "locale")}
    if not Customer.objects.filter(name=row["name"], email=row["email"]).exists():
        customer = customers.find_or_create(**contact)
        customers.update_profile(customer, actor=SYSTEM, level=level)


@transaction.atomic
def load_canned_replies() -> None:
    """Ready-made answers for agents, in two languages."""
    for row in fixtures.read("canned_replies"):
        if not CannedReply.objects.filter(shortcut=row["shortcut"], lang=row["lang"]).exists():
            knowledge.create_canned_reply(actor=SYSTEM, **row)


def demo_users() -> Iterable[dict[str, Any]]:
    """The demo's people as the command prints them."""
    for row in fixtures.read("people")["agents"]:
        yield {
            "username": row["username"],
            "password": fixtures.password_of(row["username"]),
            "role": row["role"],
            "queues": row["queues"],
            "vendor": row.get("vendor", ""),
        }
