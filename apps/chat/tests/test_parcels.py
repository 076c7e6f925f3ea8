from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.chat import services as chat
from apps.chat.models import Message
from apps.inboxes.tests.factories import InboxFactory
from apps.orders.tests.factories import OrderFactory, ShipmentFactory, TrackingEventFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit():
    return chat.open_session(inbox_slug=InboxFactory().slug, locale="en")


@pytest.fixture
def parcel():
    parcel = ShipmentFactory(order=OrderFactory(order_no="LL1"), tracking_no="SF1")
    TrackingEventFactory(shipment=parcel, text="到达", location="杭州")
    return parcel


def ask(visit, parcel_id, *, session=None, token=None):
    address = f"/api/v1/visitor/sessions/{session or visit.session.public_id}/parcels/{parcel_id}"
    return APIClient().get(address, headers={"Authorization": f"Bearer {token or visit.token}"})


def card(session, order, **fields):
    """As the robot shows it."""
    chat.post_bot_message(session, kind="order_card", body="", payload={"order_no": order.order_no}, **fields)


def test_a_parcel_that_the_robot_has_shown_is_told(visit, parcel):
    card(visit.session, parcel.order)

    answer = ask(visit, parcel.pk)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["carrier"], told["tracking_no"], told["order_no"]) == ("SF Express", "SF1", "LL1")
    assert [(event["text"], event["location"]) for event in told["events"]] == [("到达", "杭州")]
    assert not {"order", "address", "phone_tail", "email", "buyer_name"} & told.keys()


def test_a_parcel_of_the_customers_own_order_is_told(visit, parcel):
    parcel.order.customer = visit.session.customer
    parcel.order.save()

    assert ask(visit, parcel.pk).status_code == 200


def test_another_parcel_looks_as_if_it_were_not_there(visit, parcel):
    card(visit.session, parcel.order)
    other = ShipmentFactory()

    unknown, foreign = ask(visit, 10**9), ask(visit, other.pk)

    assert (unknown.status_code, unknown.content) == (foreign.status_code, foreign.content)
    assert unknown.status_code == 404


def test_what_was_shown_in_another_chat_is_not_told_here(visit, parcel):
    other = chat.open_session(inbox_slug=visit.session.inbox.slug)
    card(other.session, parcel.order)

    assert ask(visit, parcel.pk).status_code == 404
    assert ask(visit, parcel.pk, session=other.session.public_id).status_code == 404
    assert ask(other, parcel.pk).status_code == 200


def test_a_card_that_the_customer_made_opens_nothing(visit, parcel):
    made = {"order_no": "LL1", "parcels": [{"id": parcel.pk}]}
    chat.post_message(
        visit.session, actor=visit.session.customer, ref=uuid4(), kind="order_card", body="x", payload=made
    )

    assert Message.objects.filter(payload__parcels__contains=[{"id": parcel.pk}]).exists()
    assert ask(visit, parcel.pk).status_code == 404


def test_a_recalled_card_opens_nothing(visit, parcel):
    card(visit.session, parcel.order)
    Message.objects.filter(kind="order_card").update(recalled_by=99)

    assert ask(visit, parcel.pk).status_code == 404


def test_an_internal_card_opens_nothing(visit, parcel):
    card(visit.session, parcel.order)
    Message.objects.filter(kind="order_card").update(internal=True)

    assert ask(visit, parcel.pk).status_code == 404


@pytest.mark.parametrize("parcel_id", ["0", "x", "9" * 18, "9" * 30])
def test_what_is_no_number_of_a_parcel_is_not_found(visit, parcel_id):
    assert ask(visit, parcel_id).status_code == 404


def test_without_a_token_nobody_asks(visit, parcel):
    assert ask(visit, parcel.pk, token="wrong").status_code == 401


def test_a_long_way_takes_the_queries_of_a_short_one(visit, parcel, django_assert_max_num_queries):
    card(visit.session, parcel.order)
    TrackingEventFactory.create_batch(30, shipment=parcel)

    with django_assert_max_num_queries(8):
        assert len(ask(visit, parcel.pk).json()["events"]) == 31
