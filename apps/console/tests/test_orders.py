"""Orders in the console: the card beside a chat, sending cards, the page, the look-up."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access.models import Role
from apps.audit.models import AuditEvent
from apps.chat.models import Message
from apps.chat.tests.factories import active_session, make_agent
from apps.customers.models import Identity
from apps.orders.models import Order
from apps.orders.tests.factories import (
    OrderFactory,
    OrderLineFactory,
    PaymentFactory,
    ProductFactory,
    ShipmentFactory,
    TrackingEventFactory,
)
from apps.orders.tests.standing import shop, source_settings

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def chat(client):
    """An active chat whose agent is signed in."""
    session = active_session()
    client.force_login(session.agent)
    return session


@pytest.fixture
def away(settings):
    """A shop that does not answer."""
    settings.ORDER_SOURCE = source_settings("http://127.0.0.1:9")


def card(client, chat, **query):
    response = client.get(reverse("console-card", args=[chat.public_id, "orders"]), query)
    assert response.status_code == 200
    return response.content.decode()


def send(client, chat, **what):
    return client.post(reverse("console-send-card", args=[chat.public_id]), what)


def page(client, number="LL100101", **headers):
    return client.get(reverse("console-order", args=[number]), headers=headers)


def whole_order(**fields):
    order = OrderFactory(**fields)
    OrderLineFactory(order=order, title="云步跑鞋")
    PaymentFactory(order=order)
    TrackingEventFactory(shipment=ShipmentFactory(order=order, status="exception", last_text="破损"))
    return order


def cards_of(chat):
    return Message.objects.filter(session=chat, kind__endswith="_card")


def test_card_shows_the_orders_of_the_customer(client, chat, away):
    whole_order(order_no="LL100101", customer=chat.customer)
    OrderFactory(order_no="LL100102")

    html = card(client, chat)

    assert "LL100101" in html
    assert "破损" in html
    assert "LL100102" not in html


def test_card_says_how_old_its_data_is(client, chat, away):
    now = timezone.now()
    Identity.objects.create(customer=chat.customer, kind="shop", value="web:u-1001", verified_at=now)
    OrderFactory(order_no="LL100101", customer=chat.customer, synced_at=now - timedelta(hours=3))

    html = card(client, chat)
    again = card(client, chat, q="")  # what "Try again" asks for

    assert "The order service did not answer." in html
    assert "Showing data from" in html
    assert "LL100101" in again
    assert "<input" not in again


def test_card_finds_by_what_the_agent_types(client, chat):
    with shop():
        html = card(client, chat, q="+86 100 0000 0101")

    assert "LL100101" in html
    assert "<input" not in html  # the results alone: the field stays as it is
    assert "did not answer" not in html


def test_card_offers_what_the_customer_said(client, chat):
    chat.customer.email = "xiao.lin@mail.example"
    chat.customer.save()

    with shop():
        html = card(client, chat)

    assert "The shop has not told us who this is." in html
    assert "xiao.lin@mail.example" in html


def test_card_without_a_shop(client, chat, settings):
    settings.ORDER_SOURCE = source_settings("")

    assert "No shop system is connected." in card(client, chat)


def test_card_of_a_role_without_orders(client, chat, away):
    OrderFactory(order_no="LL100101", customer=chat.customer)
    role = Role.objects.get(slug="agent")
    role.actions = [action for action in role.actions if not action.startswith("orders:")]
    role.save()

    html = card(client, chat)

    assert "Your role does not show orders." in html
    assert "LL100101" not in html


def test_an_order_card_is_sent_once_however_often_it_is_pressed(client, chat):
    OrderFactory(order_no="LL100101")

    responses = [send(client, chat, order_no="LL100101") for _press in range(2)]

    assert [response.status_code for response in responses] == [204, 204]
    assert "desk:done" in responses[0].headers["HX-Trigger"]
    assert cards_of(chat).get().payload["order_no"] == "LL100101"


def test_a_product_card_is_sent(client, chat):
    ProductFactory(sku="SH-101")

    send(client, chat, sku="SH-101")

    assert cards_of(chat).get().payload["price"] == {"amount": "499.00", "currency": "CNY"}


@pytest.mark.parametrize("what", [{"order_no": "LL1"}, {"sku": "X"}, {}])
def test_a_card_of_nothing_is_refused(client, chat, what):
    response = send(client, chat, **what)

    assert (response.status_code, bool(response.json()["detail"])) == (400, True)
    assert not cards_of(chat).exists()


def test_a_card_into_the_chat_of_another_is_refused(client, chat):
    OrderFactory(order_no="LL100101")
    client.force_login(make_agent(chat.queue))

    assert send(client, chat, order_no="LL100101").status_code == 403
    assert not cards_of(chat).exists()


def test_the_picker_lists_articles_in_the_language_of_the_chat(client, chat):
    ProductFactory(sku="SH-101")
    ProductFactory(sku="SH-102", is_active=False)
    OrderFactory(order_no="LL100101", customer=chat.customer)
    type(chat).objects.filter(pk=chat.pk).update(locale="zh-hans")

    html = client.get(reverse("console-pick", args=[chat.public_id])).content.decode()

    assert "云步跑鞋" in html
    assert "LL100101" in html
    assert "SH-102" not in html


def test_the_picker_narrows_while_the_agent_types(client, chat):
    ProductFactory(sku="SH-101")
    url = reverse("console-pick", args=[chat.public_id])

    found, nothing = (client.get(url, {"q": text}).content.decode() for text in ("cloud", "boots"))

    assert "SH-101" in found
    assert "<input" not in found
    assert "No product matches." in nothing


def test_order_page_shows_everything_and_is_on_record(client, chat, away):
    order = whole_order(order_no="LL100101", address={"line": "文三路 478 号", "city": "杭州市"})

    html = page(client).content.decode()

    for text in (
        "云步跑鞋",
        "SF Express",
        "到达杭州转运中心",
        "文三路",
        "Alipay",
        "¥100.00",
        "Something went wrong",
    ):
        assert text in html
    event = AuditEvent.objects.get(action="orders:ReadOrder")
    assert (event.target_id, event.actor_id) == (str(order.pk), chat.agent.pk)


def test_order_page_refreshes_its_body_alone(client, chat, away):
    OrderFactory(order_no="LL100101")

    html = page(client, **HTMX).content.decode()

    assert "<html" not in html
    assert not AuditEvent.objects.filter(action="orders:ReadOrder").exists()


def test_order_page_of_an_order_that_nobody_knows(client, chat):
    with shop():
        assert page(client, "LL1").status_code == 404


def test_order_page_asks_the_shop_for_what_is_new_to_the_desk(client, chat):
    with shop():
        assert page(client).status_code == 200

    assert Order.objects.get().order_no == "LL100101"


def test_asking_the_shop_again(client, chat):
    url = reverse("console-order-refresh", args=["LL100101"])
    with shop() as sandbox:
        page(client)
        sandbox.books.change("LL100101", "completed")
        response = client.post(url, headers=HTMX)

    assert "Up to date" in response.headers["HX-Trigger"]
    assert Order.objects.get().status == "completed"


def test_asking_a_shop_that_is_away(client, chat, away):
    OrderFactory(order_no="LL100101")

    response = client.post(reverse("console-order-refresh", args=["LL100101"]), headers=HTMX)

    assert "did not answer" in response.headers["HX-Trigger"]


def test_list_shows_the_newest_without_asking_anybody(client, chat):
    OrderFactory(order_no="LL100101")
    with shop() as sandbox:
        html = client.get(reverse("console-orders")).content.decode()

    assert "LL100101" in html
    assert not sandbox.calls


def test_list_searches_the_shop(client, chat):
    with shop():
        html = client.get(reverse("console-orders"), {"q": "林晓"}, headers=HTMX).content.decode()

    assert html.count("data-href") == 3
    assert "<html" not in html


@pytest.mark.parametrize("route", [("console-orders",), ("console-card", "orders")])
def test_lists_cost_the_same_with_1_order_and_with_100(client, chat, away, route):
    name, *rest = route
    url = reverse(name, args=[chat.public_id, *rest] if rest else [])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        return len(captured)

    whole_order(customer=chat.customer)
    queries()
    one = queries()
    for _row in range(99):
        whole_order(customer=chat.customer)

    assert queries() == one


def test_pages_are_for_those_who_may_read_chats(client):
    assert client.get(reverse("console-orders")).status_code == 302
