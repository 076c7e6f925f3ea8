from uuid import uuid4

import pytest

from apps.access.models import Role
from apps.chat.models import Message
from apps.chat.services import post_bot_message, post_message
from apps.chat.tests.factories import ChatSessionFactory, active_session
from apps.common.errors import AccessDenied, Invalid
from apps.orders.models import Order
from apps.orders.tests.factories import OrderFactory, OrderLineFactory, ProductFactory, ShipmentFactory

pytestmark = pytest.mark.django_db


def sent(session, kind, payload, *, body=""):
    post_message(session, actor=session.agent, ref=uuid4(), kind=kind, body=body, payload=payload)
    return Message.objects.latest("pk")


def test_order_card_of_an_agent_is_filled_by_the_server():
    session = active_session()
    order = ShipmentFactory(order__order_no="LL100125", last_text="到达杭州").order
    OrderLineFactory(order=order, title="云步跑鞋", qty=2)

    message = sent(session, "order_card", {"order_no": "LL100125", "status": "refunded", "price": "¥1"})

    card = message.payload
    assert (message.body, card["order_no"], card["status"]) == ("LL100125", "LL100125", "shipped")
    assert card["total"] == {"amount": "100.00", "currency": "CNY"}
    assert card["items"] == [{"title": "云步跑鞋", "qty": 2, "image_url": ""}]
    assert [(parcel["status"], parcel["last_text"]) for parcel in card["parcels"]] == [
        ("in_transit", "到达杭州")
    ]
    assert "price" not in card


def test_order_card_has_nothing_personal():
    order = OrderFactory(buyer_name="林晓", address={"line": "文三路 478 号"})

    card = str(sent(active_session(), "order_card", {"order_no": order.order_no}).payload)

    assert not any(secret in card for secret in ("林晓", "文三路", order.email, "0101"))


def test_product_card_of_an_agent_speaks_the_language_of_the_chat():
    ProductFactory(sku="SH-101")

    message = sent(active_session(locale="zh-hans"), "product_card", {"sku": "sh-101"})

    assert (message.body, message.payload["title"]) == ("云步跑鞋", "云步跑鞋")
    assert message.payload["price"] == {"amount": "499.00", "currency": "CNY"}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("order_card", {"order_no": "LL1"}), ("product_card", {"sku": "SH-1"}), ("order_card", {})],
)
def test_card_of_something_unknown_is_refused(kind, payload):
    session = active_session()

    with pytest.raises(Invalid):
        sent(session, kind, payload)

    assert not Message.objects.filter(kind=kind).exists()


def test_card_from_somebody_who_may_not_read_orders_is_refused():
    session, order = active_session(), OrderFactory()
    role = Role.objects.get(slug="agent")
    role.actions.remove("orders:ReadOrder")
    role.save()

    with pytest.raises(AccessDenied):
        sent(session, "order_card", {"order_no": order.order_no})

    assert not Message.objects.filter(kind="order_card").exists()


def test_product_off_sale_is_refused():
    ProductFactory(sku="SH-101", is_active=False)

    with pytest.raises(Invalid):
        sent(active_session(), "product_card", {"sku": "SH-101"})


def test_order_card_of_a_customer_learns_nothing_from_the_server():
    session, order = ChatSessionFactory(), OrderFactory()
    payload = {"order_no": order.order_no}

    post_message(
        session, actor=session.customer, ref=uuid4(), kind="order_card", body="This", payload=payload
    )

    assert Message.objects.latest("pk").payload == payload


def test_product_card_of_a_customer_is_that_of_the_catalogue():
    ProductFactory(sku="SH-101")
    session = ChatSessionFactory()
    payload = {"sku": "SH-101", "price": "¥1"}

    post_message(session, actor=session.customer, ref=uuid4(), kind="product_card", payload=payload)

    assert Message.objects.latest("pk").payload["price"]["amount"] == "499.00"


def test_robot_sends_a_card_once_and_keeps_its_quick_replies():
    session, order, ref = ChatSessionFactory(), OrderFactory(), uuid4()
    payload = {"order_no": order.order_no, "quick_replies": [{"text": "Thanks"}]}
    once = {"body": "Here it is", "kind": "order_card", "payload": payload, "ref": ref}

    first = post_bot_message(session, **once)
    Order.objects.update(status="shipped")
    again = post_bot_message(session, **once)

    message = Message.objects.latest("pk")
    assert (first.seq, again.repeated) == (again.seq, True)
    assert (message.body, message.payload["status"]) == ("Here it is", "paid")
    assert message.payload["quick_replies"] == [{"text": "Thanks"}]
