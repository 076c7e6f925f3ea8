"""Pages for somebody who sees masks, of customers whose names are words of the interface."""

import re
from functools import partial
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access import names, partner_middleware
from apps.access.tests.factories import UserFactory, VendorFactory
from apps.chat.services import claim_session
from apps.chat.tests.factories import (
    CustomerFactory,
    agent_says,
    closed_session,
    customer_says,
    queued_session,
)
from apps.orders.models import TrackingEvent
from apps.orders.tests.factories import ShipmentFactory
from apps.refunds.tests.factories import RefundFactory, paid_order
from apps.routing.tests.factories import QueueFactory, make_agent
from apps.tickets import services
from apps.tickets.tests.factories import answered, opened

pytestmark = pytest.mark.django_db

# A language; names of customers that are, or whose parts are, words of these pages; how people write of them.
CALLED = [
    ("en", "Mark Open Note Status Reply Close Search", "Dear Mark", "Dear M**"),
    ("en", "Open", "Dear Open", "Dear O**"),
    ("zh-hans", "回复 状态 备注 关闭 搜索 工单 订单", "谢谢关闭呀", "谢谢关**呀"),
    ("zh-hans", "关闭", "谢谢关闭呀", "谢谢关**呀"),
]
SILENT = 5
OF_THE_MOMENT = re.compile(
    r'(?<=name="csrfmiddlewaretoken" value=")[^"]*|(?<=X-CSRFToken": ")[^"]*|(?<=name="ref" value=")[^"]*|\b0:\d\d\b'
)

# Variables of templates that hold what people have written, by the ends of their names; and what is the desk's own.
WRITTEN = (
    r"\.(?:subject|body|notes?|last_preview|last_text|location|page_title|query|payload(?:\.name)?|message)"
)
OWN = re.compile(r"values\.|faults\.|tile\.|sop\.")
VARIABLE = re.compile(r"\{\{ *([^}]*?) *\}\}")
MARKED = re.compile(r"\|(?:said|masked:\"text\")(?:\|default:_.+)?$")


def addresses(name: str, spoken: str, locale: str) -> list[str]:
    """Pages and parts of pages about somebody of this name; on all but the first ``SILENT`` people write of them."""
    queue = QueueFactory(is_default=True, slug="shoes")
    agent = make_agent(queue)
    customer = CustomerFactory(name=name, notes=spoken, locale=locale)
    closed_session(agent, customer=customer, last_preview=spoken)
    chat = queued_session(queue=queue, customer=customer)
    claim_session(chat, actor=agent)
    customer_says(chat, spoken)
    chat.refresh_from_db()
    agent_says(chat, spoken)
    order = paid_order(customer=customer, buyer_name=name)
    parcel = ShipmentFactory(order=order, last_text=spoken)
    TrackingEvent.objects.create(shipment=parcel, at=timezone.now(), text=spoken)
    customer_says(queued_session(queue=queue, customer=CustomerFactory(name=name)), spoken)
    refund = RefundFactory(order=order, note=spoken, requested_by=agent)
    ticket = opened(customer=customer, subject=spoken, body=spoken, queue=queue)
    answered(ticket, agent, body=spoken)
    services.add_note(ticket, actor=agent, body=spoken, ref=uuid4())
    ticket.refresh_from_db()
    services.change_ticket(ticket, actor=agent, version=None, subject=f"{spoken}!")
    card = partial(card_of, chat)
    return [
        *(reverse("console"), reverse("console-orders"), reverse("console-refunds") + "?tab=all"),
        *(card("faqs"), card("refunds")),
        *(card("customer"), card("orders"), card("previous"), card("tickets")),
        reverse("console-live"),
        reverse("console-tickets") + "?view=open",
        reverse("console-ticket", args=[ticket.number]),
        reverse("console-refund", args=[refund.refund_no]),
        reverse("console-order", args=[order.order_no]),
        reverse("console-customer", args=[customer.public_id]),
        reverse("console-transcript", args=[chat.public_id]) + "?sheet=1",
        reverse("console-ticket-new") + f"?session={chat.public_id}",
    ]


def card_of(chat, name: str) -> str:
    return reverse("console-card", args=[chat.public_id, name])


def pages(browser, wanted) -> dict[str, str]:
    found = {}
    for address in wanted:
        response = browser.get(address)
        assert response.status_code == 200, address
        found[address] = OF_THE_MOMENT.sub("", response.content.decode())
    return found


@pytest.mark.parametrize(("locale", "name", "spoken", "masked"), CALLED)
def test_the_interface_stays_whole_beside_masked_texts(monkeypatch, locale, name, spoken, masked):
    wanted = addresses(name, spoken, locale)
    browser = Client()
    browser.force_login(UserFactory(is_superuser=True, locale=locale, vendor=VendorFactory()))

    shown = pages(browser, wanted)
    monkeypatch.setattr(partner_middleware, "_names", lambda *_told: names.NOBODYS)
    plain = pages(browser, wanted)

    for address, html in plain.items():
        assert shown[address].splitlines() == html.replace(spoken, masked).splitlines(), address
    assert {address for address, html in plain.items() if spoken not in html} == set(wanted[:SILENT])
    assert not any(control in html for html in shown.values() for control in "\x1e\x1f")


def variables() -> list[str]:
    """What the templates of the console and of tickets show, with the filters that it goes through."""
    folders = (settings.BASE_DIR / "templates" / name for name in ("console", "tickets"))
    files = (path.read_text() for folder in folders for path in folder.rglob("*.html"))
    return [found for file in files for found in VARIABLE.findall(file)]


def test_templates_mark_what_people_have_written():
    written = [
        found for found in variables() if re.search(WRITTEN + r"(?:\||$)", found) and not OWN.match(found)
    ]

    assert len(written) > 20
    assert [found for found in written if not MARKED.search(found)] == []


def test_what_is_marked_is_not_cut_after():
    """Else its end would be lost, and what follows on the page would be taken for what people have written."""
    cut = re.compile(r"(?:said|masked:\"text\"|shown:\"\w+\")\|.*(?:truncate|slice|cut|first|urlencode|slug)")

    assert [found for found in variables() if cut.search(found) and not MARKED.search(found)] == []
