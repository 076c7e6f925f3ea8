from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from apps.chat import services
from apps.chat.enums import ChatStatus, CloseReason
from apps.chat.models import ChatSession
from apps.chat.services.closing import close_session
from apps.customers.tests.factories import CustomerFactory
from apps.inboxes.tests.factories import InboxFactory
from apps.routing.models import Queue
from apps.routing.tests.factories import QueueFactory, StaffFactory, make_agent, make_supervisor

__all__ = [
    "ChatSessionFactory",
    "CustomerFactory",
    "InboxFactory",
    "QueueFactory",
    "StaffFactory",
    "active_session",
    "agent_says",
    "customer_says",
    "make_agent",
    "make_supervisor",
    "queued_session",
]


class ChatSessionFactory(factory.django.DjangoModelFactory):
    """A session that was just opened and is with the robot; the customer is there.

    ``closed=True`` is the bare row of one that its customer ended; ``away=True`` a customer who left an hour ago.
    """

    class Meta:
        model = ChatSession

    class Params:
        closed = factory.Trait(
            status=ChatStatus.CLOSED,
            close_reason=CloseReason.CUSTOMER_ENDED,
            closed_at=factory.LazyFunction(timezone.now),
            ended_at=factory.SelfAttribute("closed_at"),
        )
        away = factory.Trait(
            customer_online=False,
            customer_lease_until=factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1)),
        )

    inbox = factory.SubFactory(InboxFactory)
    customer = factory.SubFactory(CustomerFactory)
    status = ChatStatus.BOT
    opened_at = factory.LazyFunction(timezone.now)
    customer_online = True
    customer_lease_until = factory.LazyAttribute(lambda s: s.opened_at + timedelta(seconds=75))


def default_queue() -> Queue:
    """The queue that takes what no rule matches; made at first need."""
    return Queue.objects.filter(is_default=True).first() or QueueFactory(is_default=True)


def queued_session(*, queue: Queue | None = None, now=None, **fields) -> ChatSession:
    """A session that waits in ``queue`` (the default one), brought there by its customer through the service."""
    if queue is None:
        default_queue()
    elif not queue.is_default:
        Queue.objects.update(is_default=False)
        Queue.objects.filter(pk=queue.pk).update(is_default=True)
    session = ChatSessionFactory(**fields)
    return services.hand_off(session, actor=session.customer, reason="asked", now=now)


@transaction.atomic
def active_session(agent=None, *, now=None, **fields) -> ChatSession:
    """A session that ``agent`` (a new one) has claimed from the queue, before a running desk could offer it."""
    session = queued_session(now=now, **fields)
    agent = agent or make_agent(session.queue)
    services.claim_session(session, actor=agent, now=now)
    session.refresh_from_db()
    return session


def closed_session(agent=None, **fields) -> ChatSession:
    """A session that an agent has closed."""
    session = active_session(agent, **fields)
    return close_session(session, actor=session.agent)


def customer_says(session: ChatSession, body: str = "Hello?", *, ref=None, now=None, **extra):
    """The receipt of a line of the customer."""
    ref = ref or uuid4()
    return services.post_message(session, actor=session.customer, ref=ref, body=body, now=now, **extra)


def agent_says(session: ChatSession, body: str = "Hi!", *, ref=None, now=None, **extra):
    """The receipt of a line of the session's agent."""
    return services.post_message(
        session, actor=session.agent, ref=ref or uuid4(), body=body, now=now, **extra
    )


def image_bytes(kind: str = "PNG", size: tuple[int, int] = (8, 6)) -> bytes:
    """A small picture."""
    buffer = BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


def uploaded(content: bytes | None = None, name: str = "shoe.png") -> SimpleUploadedFile:
    """A file as a request brings it; without ``content`` a small picture."""
    return SimpleUploadedFile(name, image_bytes() if content is None else content)
