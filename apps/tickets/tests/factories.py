from datetime import timedelta
from uuid import uuid4

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.customers.tests.factories import CustomerFactory
from apps.routing.tests.factories import QueueFactory, StaffFactory, make_agent, make_supervisor
from apps.tickets import services
from apps.tickets.models import SlaPolicy, SlaTarget, Ticket, TicketView

__all__ = [
    "CustomerFactory",
    "PolicyFactory",
    "QueueFactory",
    "StaffFactory",
    "TicketFactory",
    "TicketViewFactory",
    "answered",
    "make_agent",
    "make_supervisor",
    "opened",
    "promise",
    "uploaded",
]


class TicketFactory(factory.django.DjangoModelFactory):
    """The bare row of a ticket that came just now: no message, no clock; ``done=True`` a solved one."""

    class Meta:
        model = Ticket

    class Params:
        done = factory.Trait(status="solved", solved_at=factory.SelfAttribute("created_at"))

    customer = factory.SubFactory(CustomerFactory)
    subject = factory.Sequence("Parcel {} has not arrived".format)
    channel = "web"
    content_hash = "-"
    created_at = factory.LazyFunction(timezone.now)
    updated_at = factory.SelfAttribute("created_at")
    last_message_at = factory.SelfAttribute("created_at")


class PolicyFactory(factory.django.DjangoModelFactory):
    """A policy for every ticket, day and night, without targets."""

    class Meta:
        model = SlaPolicy

    name = factory.Sequence("Policy {}".format)
    position = factory.Sequence(int)


class TicketViewFactory(factory.django.DjangoModelFactory):
    """A shared view of everything."""

    class Meta:
        model = TicketView

    name = factory.Sequence("View {}".format)


def promise(*, first=None, resolution=None, priority="normal", policy=None, **fields) -> SlaPolicy:
    """A policy with a target in minutes for ``priority``."""
    policy = policy or PolicyFactory(**fields)
    SlaTarget.objects.create(
        policy=policy,
        priority=priority,
        first_response=first and timedelta(minutes=first),
        resolution=resolution and timedelta(minutes=resolution),
    )
    return policy


def opened(*, actor=SYSTEM, customer=None, **fields) -> Ticket:
    """A ticket that came through the service, with its customer's words."""
    values = {"subject": "Where is my parcel?", "body": "It should have come on Monday.", "channel": "web"}
    return services.create_ticket(actor=actor, customer=customer or CustomerFactory(), **(values | fields))


def answered(ticket: Ticket, agent, body: str = "We are looking into it.", **fields):
    """The message with which ``agent`` answers."""
    return services.reply(ticket, actor=agent, body=body, ref=fields.pop("ref", None) or uuid4(), **fields)


def uploaded(content: bytes = b"Tracking: no scan since Monday.", name: str = "scan.txt"):
    """A file as a request brings it."""
    return SimpleUploadedFile(name, content)
