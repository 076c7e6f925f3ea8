from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.chat.models import ChatSession, Message
from apps.chat.tests.factories import ChatSessionFactory
from apps.customers.enums import IdentityKind
from apps.customers.models import Identity
from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.models import Order
from apps.orders.services import lookup
from apps.orders.tests import standing
from apps.orders.tests.factories import OrderFactory, OrderLineFactory, ProductFactory, ShipmentFactory
from apps.robot import services
from apps.robot.models import RobotFlow
from apps.robot.tests.talk import ask, choices, robot_lines
from apps.routing.models import QueueEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """The beat on which answers leave is tested with ``verify`` itself."""
    cache.clear()
    monkeypatch.setattr(lookup, "BEAT_S", 0.001)


@pytest.fixture
def order():
    """On its way to whoever has the phone number that ends in 0101."""
    order = OrderFactory(order_no="LL100102", phone_tail="0101", status=OrderStatus.SHIPPED)
    ShipmentFactory(
        order=order,
        tracking_no="SF7",
        last_text="Arrived in Hangzhou",
        last_event_at=timezone.now() - timedelta(hours=2),
    )
    return order


def words(session):
    return [line.body for line in robot_lines(session) if line.kind == "text"]


def cards(session):
    return [line.payload["order_no"] for line in robot_lines(session) if line.kind == "order_card"]


def own(session, order):
    """The shop has signed that the session's customer owns the order's account."""
    value = f"{session.inbox.slug}:{order.buyer_id}"
    Identity.objects.create(
        customer=session.customer, kind=IdentityKind.SHOP, value=value, verified_at=timezone.now()
    )
    Order.objects.filter(pk=order.pk).update(customer=session.customer)


def test_number_and_digits_are_asked_for_one_after_the_other(session, order):
    assert ask(session, "where is my order?").outcome == "order_asked"
    assert "last 4 digits" in words(session)[-1]
    assert ask(session, "LL100102").outcome == "order_asked"
    assert "LL100102" in words(session)[-1]
    turn = ask(session, "0101")

    assert turn.outcome == "order_told"
    assert "Arrived in Hangzhou" in words(session)[-1]
    assert cards(session) == ["LL100102"]
    assert RobotFlow.objects.get().order == order


def test_both_at_once_are_enough(session, order):
    assert ask(session, "Where is my parcel? Order LL100102, phone ends in 0101").outcome == "order_told"


def test_both_in_two_lines_are_enough(session, order):
    assert ask(session, "LL100102", "0101").outcome == "order_told"


def test_a_chinese_shopper_is_answered_in_chinese(queue, order):
    session = ChatSessionFactory(locale="zh-CN")

    ask(session, "我的快递到哪了")
    turn = ask(session, "订单号LL100102，手机尾号0101")

    assert turn.outcome == "order_told"
    assert "运输中" in words(session)[-1]


def test_digits_first_then_the_number(session, order):
    ask(session, "where is my order?")
    assert ask(session, "0101").outcome == "order_asked"
    assert "order number" in words(session)[-1]


def test_a_wrong_number_and_wrong_digits_get_the_same_answer(queue, order):
    one, other = ChatSessionFactory(locale="en"), ChatSessionFactory(locale="en")

    ask(one, "where is my order LL100102, digits 9999")
    ask(other, "where is my order LL999999, digits 0101")

    assert words(one) == words(other)
    assert cards(one) == cards(other) == []
    assert set(RobotFlow.objects.values_list("order", flat=True)) == {None}


def test_wrong_digits_can_be_corrected(session, order):
    ask(session, "where is my order LL100102 0102")

    assert ask(session, "sorry, 0101").outcome == "order_told"


def test_after_three_misses_a_human_takes_over(session, order):
    ask(session, "where is my order LL100102 0001")
    ask(session, "0002")
    turn = ask(session, "0003")

    assert (turn.outcome, turn.reason) == ("handed_off", "not_verified")
    assert ChatSession.objects.get().status == "queued"
    assert cards(session) == []


def test_guessing_from_many_chats_ends_at_the_number(queue, order):
    for tail in ("0001", "0002", "0003", "0004", "0005"):
        ask(ChatSessionFactory(locale="en"), f"where is my order LL100102 {tail}")
    session = ChatSessionFactory(locale="en")

    turn = ask(session, "where is my order LL100102 0101")  # right, and too late

    assert turn.reason == "not_verified"
    assert cards(session) == []


def test_an_order_is_proven_once_in_a_chat(session, order):
    ask(session, "where is my order LL100102 0101")

    assert ask(session, "and where is my parcel now?").outcome == "order_told"
    assert cards(session) == ["LL100102", "LL100102"]


def test_another_order_has_to_be_proven_anew(session, order):
    OrderFactory(order_no="LL100103", phone_tail="7777")
    ask(session, "where is my order LL100102 0101")

    assert ask(session, "and where is my order LL100103?").outcome == "order_asked"
    assert cards(session) == ["LL100102"]


def test_a_parcel_in_trouble_goes_to_the_right_humans_with_the_order(session, order):
    order.shipments.update(status=ShipmentStatus.EXCEPTION, last_text="Parcel damaged")
    OrderLineFactory(order=order, sku="SH-105", position=0)
    ProductFactory(sku="SH-105", category="shoes")

    turn = ask(session, "where is my order LL100102 0101")

    assert (turn.outcome, turn.reason) == ("handed_off", "parcel")
    assert cards(session) == ["LL100102"]
    session.refresh_from_db()
    assert (session.status, session.product_category) == ("queued", "shoes")
    note = Message.objects.get(session=session, internal=True, payload__event="note")
    assert "LL100102" in note.body
    assert "Parcel damaged" in note.body
    assert QueueEntry.objects.filter(item_id=session.pk).count() == 1


def test_what_is_internal_of_the_order_stays_internal(session, order):
    order.shipments.update(status=ShipmentStatus.EXCEPTION)
    ask(session, "where is my order LL100102 0101")

    public = " ".join(f"{line.body} {line.payload}" for line in Message.objects.filter(internal=False))
    assert order.email not in public
    assert order.buyer_name not in public
    assert order.phone_masked not in public


def test_who_the_shop_knows_needs_no_digits(session, order):
    own(session, order)

    assert ask(session, "where is my order?").outcome == "order_told"
    assert cards(session) == ["LL100102"]


def test_who_has_several_orders_picks_one(session, order):
    own(session, order)
    OrderFactory(order_no="LL100104", customer=session.customer, buyer_id=order.buyer_id)
    ask(session, "where is my order?")
    offered = choices(robot_lines(session)[-1])

    assert set(offered) == {"LL100102", "LL100104"}
    assert ask(session, "LL100102").outcome == "order_told"


def test_an_order_of_somebody_else_is_not_told_to_a_known_customer(session, order):
    own(session, order)
    OrderFactory(order_no="LL100999", phone_tail="4444")

    assert ask(session, "where is my order LL100999?").outcome == "order_asked"
    assert ask(session, "0101").outcome == "order_asked"
    assert cards(session) == []


def test_a_typed_address_is_no_proof(session, order):
    session.customer.email = order.email
    session.customer.save()

    assert ask(session, "where is my order?").outcome == "order_asked"


def test_a_refund_is_told(session, order):
    Order.objects.filter(pk=order.pk).update(refunded_amount="40.00")

    ask(session, "where is my refund?")
    turn = ask(session, "LL100102 0101")

    assert turn.outcome == "order_told"
    assert "¥40.00" in words(session)[-1]


def test_an_order_without_a_refund_goes_to_a_human(session, order):
    assert ask(session, "refund status LL100102 0101").reason == "no_refund"


def test_who_has_no_number_is_told_where_it_stands(session, order):
    ask(session, "where is my order?")
    ask(session, "I don't know the number")

    assert "confirmation e-mail" in words(session)[-1]


def test_another_question_on_the_way_is_answered(session, order, faqs):
    ask(session, "where is my order?")

    assert ask(session, "How do I return something?").faq == faqs["how.en"]
    assert ask(session, "LL100102 0101").outcome == "order_told"


def test_a_human_can_be_called_on_the_way(session, order):
    ask(session, "where is my order?")

    assert ask(session, "human please").reason == "asked"


def test_without_a_shop_the_knowledge_base_answers(session, faqs):
    assert ask(session, "where is my order?").outcome == "clarified"
    assert not RobotFlow.objects.exists()


def test_four_digits_out_of_the_blue_are_no_order(session, order):
    assert ask(session, "2026").outcome == "clarified"


def test_the_shop_is_asked_for_the_news(session):
    with standing.shop():  # it sells the demo's orders
        turn = ask(session, "where is my order LL100102, digits 0101")

    assert turn.outcome == "order_told"
    assert Order.objects.get().order_no == "LL100102"


def test_a_shop_that_is_down_leaves_the_copy_with_its_age(session, order):
    Order.objects.update(synced_at=timezone.now() - timedelta(hours=3))
    with standing.shop() as shop:
        standing.fail(shop, times=20, status=500)
        turn = ask(session, "where is my order LL100102 0101")

    assert turn.outcome == "order_told"
    assert "3 hours ago" in words(session)[-1]


def test_a_turn_that_is_taken_twice_shows_one_card(session, order):
    ask(session, "where is my order LL100102 0101")

    assert services.answer(session.pk) is None
    assert len(cards(session)) == 1
