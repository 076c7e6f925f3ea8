"""A partner's person walks through every address of the desk; nothing that was planted may be in any answer."""

import re
from collections import defaultdict
from itertools import product

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from apps.access.tests.factories import UserFactory, VendorFactory
from apps.chat.services import claim_session
from apps.chat.tests.factories import CustomerFactory, agent_says, customer_says, queued_session
from apps.eventbridge.tests.factories import InboundEventFactory
from apps.inboxes.tests.factories import InboundEmailFactory
from apps.notifications.tests.factories import DeliveryFactory, NotificationFactory, OutgoingEmailFactory
from apps.orders.models import TrackingEvent
from apps.orders.tests.factories import OrderLineFactory, ShipmentFactory
from apps.refunds.tests.factories import RefundFactory, paid_order
from apps.routing.tests.factories import QueueFactory, make_agent
from apps.surveys.tests.factories import SurveyFactory
from apps.tickets.tests.factories import opened

pytestmark = pytest.mark.django_db

NAME = "欧阳明远"
PHONE = "13987651234"
EMAIL = "mingyuan.ouyang@private-mail.example"
STREET = "桃园路88号乙座"
CARD = "4539148803436467"
WIDE = "１３９８７６５１２３４"
RECIPIENT = "Jo Lynn O'Hara"  # of an order; not what the customer is called
SPOKEN = f"我是{NAME}先生，代{RECIPIENT.upper()}收，电话{PHONE}或{WIDE}，邮箱 {EMAIL}，卡号4539 1488 0343 6467，谢谢"
PLANTED = {
    "name": NAME,
    "recipient": "Hara",
    "recipient in capitals": "HARA",
    "phone": PHONE,
    "e-mail": EMAIL,
    "local part": EMAIL.partition("@")[0],
    "street": STREET,
    "card": CARD,
    "card in groups": "4539 1488 0343 6467",
    "wide phone": WIDE,
    "head of a cut number": "1398765",
}
LONG = "鞋" * 151 + f" {PHONE}"  # a preview of it ends within the number


class World:
    """One customer, with everything that they can have at the desk."""

    def __init__(self) -> None:
        self.queue = QueueFactory(is_default=True, slug="shoes")
        self.customer = CustomerFactory(name=NAME, email=EMAIL, phone=PHONE, notes=SPOKEN)
        self.agent = make_agent(self.queue)
        self.keys: dict[str, list[str]] = {}  # of rows, by the part of an address before
        self._chats()
        self._order()
        self._ticket()
        self._mail()

    def _chats(self) -> None:
        self.waiting = queued_session(queue=self.queue, customer=CustomerFactory(name=NAME, email=EMAIL))
        customer_says(self.waiting, LONG)
        self.chat = queued_session(queue=self.queue, customer=self.customer)
        claim_session(self.chat, actor=self.agent)
        customer_says(self.chat, SPOKEN)
        self.chat.refresh_from_db()
        agent_says(self.chat, f"{NAME}您好")
        survey = SurveyFactory(session=self.chat, score=1, comment=SPOKEN)
        self.keys["surveys"] = [str(survey.pk)]

    def _order(self) -> None:
        address = {"name": RECIPIENT, "phone": PHONE, "line": STREET, "city": "深圳", "country": "CN"}
        known = {"buyer_name": NAME, "email": EMAIL, "phone_masked": PHONE, "address": address}
        self.order = paid_order(customer=self.customer, **known)
        OrderLineFactory(order=self.order)
        parcel = ShipmentFactory(order=self.order, last_text=f"已签收，{PHONE}")
        self.keys["parcels"] = [str(parcel.pk)]
        TrackingEvent.objects.create(
            shipment=parcel, at=timezone.now(), text=f"快递员致电{PHONE}", location="深圳"
        )
        self.refund = RefundFactory(order=self.order, note=SPOKEN, requested_by=self.agent)

    def _ticket(self) -> None:
        self.ticket = opened(customer=self.customer, subject=f"请打{PHONE}", body=SPOKEN, queue=self.queue)
        self.ticket.participants.create(email=EMAIL, name=NAME, added_at=timezone.now())

    def _mail(self) -> None:
        told = NotificationFactory(customer=self.customer, data={"customer": NAME, "text": SPOKEN})
        delivery = DeliveryFactory(notification=told, channel="email")
        sent = OutgoingEmailFactory(delivery=delivery, to_address=EMAIL, subject=SPOKEN[:60], text=SPOKEN)
        came = InboundEmailFactory(from_address=EMAIL, from_name=NAME, subject=SPOKEN)
        buyer = {"name": NAME, "phone": PHONE, "email": EMAIL}
        event = InboundEventFactory(data={"order_no": self.order.order_no, "buyer": buyer, "note": SPOKEN})
        self.keys |= {
            "notifications": [str(told.pk)],
            "outgoing-emails": [str(sent.pk)],
            "inbound-emails": [str(came.pk)],
            "inbound-events": [event.public_id],
        }

    def names_after(self, segment: str) -> list[str]:
        """What the part of an address behind ``segment`` can be called here; the key of a row where nothing better."""
        public = [self.chat.public_id, self.waiting.public_id]
        known = {
            "sessions": public,
            "chats": public,
            "customers": [self.customer.public_id],
            "orders": [self.order.order_no],
            "tickets": [str(self.ticket.number), self.ticket.public_id],
            "refunds": [self.refund.refund_no],
            "cards": ["customer", "orders", "faqs", "previous", "tickets", "refunds"],
            "vendors": ["bright"],
        } | self.keys
        return known.get(segment) or sorted({str(row.pk) for row in (self.agent, self.queue)})


def routes(patterns=None, before=""):
    """The addresses that the desk answers to a GET, as patterns."""
    for pattern in patterns or get_resolver().url_patterns:
        route = before + re.sub(r"^\^|\\Z$|\$$", "", str(pattern.pattern))
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif "format" not in route and "get" in (getattr(pattern.callback, "actions", None) or ["get"]):
            yield route


# The admin, which is closed to partners, has its own test; the document of the API has no data.
CLOSED = ("admin/", "static/", "media/", "jsi18n", "accounts/", "__", "api/schema", "api/docs")
PART = re.compile(r"<(?:\w+:)?\w+>|\(\?P<\w+>(?:[^()]|\([^()]*\))*\)")
QUERIES = ("", "?q=139876")  # of lists
MORE = (
    "/console/search/?q=LL",
    "/console/chats/{0}/transcript/?sheet=1",
    "/api/v1/sessions/{0}/search/?q=139",
)


def addresses(world):
    """Every address, with every name that can be meant in its parts; lists with a search, too."""
    for route in routes():
        if route.startswith(CLOSED):
            continue
        pieces = PART.split(route)
        names = [world.names_after(piece.rstrip("/").rpartition("/")[2]) for piece in pieces[:-1]]
        for chosen in product(*names):
            address = "/" + "".join(map("".join, zip(pieces, (*chosen, ""), strict=True)))
            for query in QUERIES if not chosen else QUERIES[:1]:
                yield route, address.replace("\\.", ".").removesuffix("?") + query
    yield from ((address, address.format(world.chat.public_id)) for address in MORE)


def signed_in(user, **vendor) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    return browser


def planted_in(browser, address) -> set[str]:
    """What of the planted an answer shows."""
    response = browser.get(address)
    assert response.status_code < 500, address
    if response.status_code != 200:
        return set()
    content = b"".join(response.streaming_content) if response.streaming else response.content
    text = content.decode("utf-8", "replace")
    return {what for what, value in PLANTED.items() if value in text}


@pytest.mark.timeout(300)
def test_no_answer_shows_a_partners_person_what_it_shows_others():
    """Where the same walk shows somebody of the desk what was planted: else it would prove nothing."""
    world = World()
    own = signed_in(UserFactory(is_superuser=True))
    partners = signed_in(UserFactory(is_superuser=True, is_staff=True, vendor=VendorFactory(slug="bright")))
    shown, leaked = defaultdict(set), defaultdict(set)
    for route, address in addresses(world):
        leaked[route] |= planted_in(partners, address)
        if not shown[route]:
            shown[route] |= planted_in(own, address)

    assert {route: found for route, found in leaked.items() if found} == {}
    reached = {route for route, found in shown.items() if found}
    assert len(reached) > 25, sorted(reached)
    assert set().union(*shown.values()) >= {
        "name",
        "phone",
        "e-mail",
        "street",
        "card in groups",
        "wide phone",
    }
