"""What the console lists costs as many queries with 100 rows of everything as with one."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.chat.models import ChatSession
from apps.chat.tests.factories import ChatSessionFactory, active_session, customer_says
from apps.console.cards import CARDS
from apps.customers.tests.factories import CustomerFactory
from apps.knowledge.tests.factories import FaqFactory, SopFactory
from apps.monitoring.tests.factories import AlertFactory
from apps.orders.models import Order
from apps.orders.tests.factories import (
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    ProductFactory,
    ShipmentFactory,
    TrackingEventFactory,
)
from apps.orders.tests.standing import source_settings
from apps.refunds.tests.factories import RefundFactory
from apps.routing.tests.factories import EntryFactory, QueueFactory, StaffFactory
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import TicketFactory, TicketViewFactory

pytestmark = pytest.mark.django_db
BESIDE_A_CHAT = [("console-card", name) for name in CARDS] + [
    (f"console-{part}",) for part in ("transcript", "targets", "why", "pick")
]
PAGES = [
    "console-alerts",
    "console-dashboard",
    "console-live",
    "console-orders",
    "console-refunds",
    "console-search",
    "console-sop-texts",
    "console-ticket-customers",
    "console-ticket-new",
    "console-ticket-view-new",
]

SEARCHED = ("orders", "faqs", "refunds", "search", "texts", "customers", "pick")


@pytest.fixture
def chat(client, settings):
    """A chat whose agent may see everything; the shop is away, so that the mirror answers."""
    settings.ORDER_SOURCE = source_settings("http://127.0.0.1:9")
    QueueFactory(is_default=True)
    session = active_session(customer__name="Sofia")
    session.agent.is_superuser = True
    session.agent.save()
    client.force_login(session.agent)
    return session


def one_more(chat: ChatSession, order: Order) -> None:
    """One more of whatever some page lists, each with its own queue and its own colleague."""
    queue, colleague = QueueFactory(), StaffFactory()
    now = timezone.now()
    EntryFactory(queue=queue)
    AlertFactory(queue=queue)
    ChatSessionFactory(closed=True, customer=chat.customer, agent=colleague, queue=queue)
    ChatSessionFactory(status="queued", queue=queue, queued_at=now)
    ticket = TicketFactory(customer=chat.customer, queue=queue, assignee=colleague, subject="Sofia waits")
    TicketFactory(customer=CustomerFactory(name="Sofia"), queue=queue, status="solved", solved_at=now)
    RefundFactory(order=order, customer=chat.customer, requested_by=colleague, ticket=ticket)
    TicketViewFactory()


def one_more_text(chat: ChatSession, order: Order) -> None:
    """One more line of a chat, of an order and of what is looked up."""
    customer_says(chat, "Is my parcel lost?")
    FaqFactory(question="Is my parcel lost?", answer="Sofia knows.")
    SopFactory(in_force=True, title="Sofia's parcel")
    ProductFactory()
    OrderLineFactory(order=order)
    PaymentFactory(order=OrderFactory(customer=chat.customer, buyer_name="Sofia"), payment_ref=str(uuid4()))
    OrderLineFactory(order=Order.objects.latest("pk"))
    TrackingEventFactory(shipment=ShipmentFactory(order=order))
    TrackingEventFactory(shipment=ShipmentFactory(order=Order.objects.latest("pk")))


def addresses(chat: ChatSession, order: Order, ticket: Ticket) -> list[str]:
    """Every page that lists anything, and those that search once more with words to search for."""
    pages = [
        *(reverse(name) for name in PAGES),
        *(reverse(name, args=[chat.public_id, *rest]) for name, *rest in BESIDE_A_CHAT),
        reverse("console-customer", args=[chat.customer.public_id]),
        reverse("console-order", args=[order.order_no]),
        reverse("console-ticket", args=[ticket.number]),
    ]
    return [
        *pages,
        *(f"{page}?q=Sofia" for page in pages if page.strip("/").endswith(SEARCHED)),
        *(reverse("console-tickets") + f"?view={view}" for view in ("open", "solved", "unassigned", "due")),
        *(reverse("console-refunds") + f"?tab={tab}" for tab in ("approve", "open", "all")),
        reverse("console-refund-new") + f"?order={order.order_no}",
    ]


def costs(client, pages: list[str]) -> dict[str, int]:
    """Queries of each page, what is kept per process being warm."""
    found = {}
    for page in pages:
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200, page
        found[page] = len(queries)
    return found


def test_no_page_asks_more_of_the_database_with_100_rows_than_with_1(client, chat):
    order = OrderFactory(customer=chat.customer)
    PaymentFactory(order=order, paid_amount=5000)
    pages = addresses(chat, order, TicketFactory(customer=chat.customer))
    one_more(chat, order)
    one_more_text(chat, order)
    few = costs(client, pages)
    for _ in range(99):
        one_more(chat, order)
        one_more_text(chat, order)

    many = costs(client, pages)

    assert {page: (few[page], count) for page, count in many.items() if count > few[page]} == {}
