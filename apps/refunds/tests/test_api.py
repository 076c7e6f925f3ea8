from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.orders.tests.factories import OrderLineFactory
from apps.refunds.models import Refund, RefundItem
from apps.refunds.tests.factories import RefundFactory, limit, paid_order, reserved
from apps.surveys.tests.factories import ChatSessionFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/refunds/"


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def agent():
    return StaffFactory(role="agent")


@pytest.fixture
def boss():
    limit("supervisor", approve="1000")
    return client_of(StaffFactory(role="supervisor"))


def numbers(response):
    return [row["refund_no"] for row in response.json()["results"]]


def ask(user, order, **fields):
    headers = fields.pop("headers", {})
    body = {"order_no": order.order_no, "amount": "10.00", "reason": "damaged"} | fields
    return client_of(user).post(LIST, body, headers=headers)


def test_asking(agent):
    order, session = paid_order(), ChatSessionFactory(agent=agent)

    response = ask(agent, order, session=session.public_id, note="Broken")

    row = response.json()
    assert response.status_code == 201
    assert (row["state"], row["amount"], row["currency"]) == ("requested", "10.00", "CNY")
    assert (row["order_no"], row["session"], row["requested_by"]["id"]) == (
        order.order_no,
        session.public_id,
        agent.pk,
    )
    assert Refund.objects.get().note == "Broken"


def test_asking_for_articles(agent):
    order = paid_order()
    OrderLineFactory(order=order, position=1, qty=2, unit_price=Decimal("15.00"), title="Cup")
    body = {"order_no": order.order_no, "items": [{"position": 1, "qty": 1}], "reason": "damaged"}

    row = client_of(agent).post(LIST, body).json()

    assert (row["amount"], row["items"][0]["title"], row["items"][0]["qty"]) == ("15.00", "Cup", 1)


def test_the_same_key_is_one_refund(agent):
    order, headers = paid_order(), {"Idempotency-Key": "a-key-of-mine"}

    first, second = (ask(agent, order, headers=headers) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert reserved(order) == Decimal("10.00")


def test_the_same_ref_is_one_refund(agent):
    order, ref = paid_order(), str(uuid4())

    assert ask(agent, order, ref=ref).json() == ask(agent, order, ref=ref).json()
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"amount": "100.01"}, 409, "refund_exceeds_paid"),
        ({"amount": "-1"}, 400, "invalid"),
        ({"amount": "1.001"}, 400, "invalid"),
        ({"reason": "because"}, 400, "invalid"),
        ({"order_no": "NONE"}, 404, "unknown_order"),
        ({"session": "nobody"}, 404, "not_found"),
        ({"ticket": "T-9"}, 404, "not_found"),
        ({"ticket": "T-x"}, 404, "not_found"),
        ({"items": [{"position": 1, "qty": 1}]}, 400, "invalid"),
    ],
)
def test_what_is_refused(agent, fields, status, code):
    order = paid_order()

    response = ask(agent, order, **fields)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert reserved(order) == 0


def test_what_can_be_refunded(agent):
    limit("agent", own="30.00")
    order = paid_order()
    OrderLineFactory(order=order, position=1, qty=2, unit_price=Decimal("15.00"), title="Cup")
    ask(agent, order, items=[{"position": 1, "qty": 1}])

    found = client_of(agent).get(f"{LIST}choices/", {"order_no": order.order_no}).json()

    assert (found["most"], found["alone"], found["currency"]) == ("90.00", "20.00", "CNY")
    assert [(line["title"], line["left"]) for line in found["lines"]] == [("Cup", 1)]


def test_approving_and_rejecting(boss):
    first, second = RefundFactory(), RefundFactory()

    approved = boss.post(f"{LIST}{first.refund_no}/approve/", {"note": "Photo seen"})
    rejected = boss.post(f"{LIST}{second.refund_no}/reject/", {"note": "Used"})

    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    assert (rejected.status_code, rejected.json()["state"]) == (200, "rejected")
    again = boss.post(f"{LIST}{first.refund_no}/approve/")
    assert (again.status_code, again.json()["code"], again.json()["state"]) == (
        409,
        "refund_wrong_state",
        "approved",
    )


def test_approving_is_refused_by_name(agent, boss):
    own = RefundFactory(requested_by=StaffFactory(role="supervisor"))
    large = RefundFactory(order=paid_order("5000.00"), amount=Decimal("1000.01"))

    by_requester = client_of(own.requested_by).post(f"{LIST}{own.refund_no}/approve/")
    too_much = boss.post(f"{LIST}{large.refund_no}/approve/")

    assert (by_requester.status_code, by_requester.json()["code"]) == (403, "refund_own")
    assert (too_much.status_code, too_much.json()["code"]) == (403, "refund_above_limit")
    assert client_of(agent).post(f"{LIST}{own.refund_no}/approve/").status_code == 404


def test_withdrawing_and_hurrying(boss):
    refund = RefundFactory()

    assert boss.post(f"{LIST}{refund.refund_no}/retry/").status_code == 409
    gone = client_of(refund.requested_by).post(f"{LIST}{refund.refund_no}/cancel/")
    assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")


def test_one_refund_with_its_calls(boss):
    refund = RefundFactory(state="unknown", attempts=1)
    refund.calls.create(number=1, kind="submit", started_at=refund.requested_at)

    row = boss.get(f"{LIST}{refund.refund_no}/").json()

    assert (row["state"], row["calls"][0]["kind"], row["calls"][0]["finished_at"]) == (
        "unknown",
        "submit",
        None,
    )


def test_agents_see_their_own_and_those_of_their_customers(agent):
    own, other = RefundFactory(requested_by=agent), RefundFactory()
    customers = RefundFactory()
    ChatSessionFactory(agent=agent, customer=customers.customer)
    client = client_of(agent)

    assert numbers(client.get(LIST)) == [customers.refund_no, own.refund_no]
    assert client.get(f"{LIST}{other.refund_no}/").status_code == 404


@pytest.mark.parametrize("role", ["supervisor", "manager", "auditor", "api_client"])
def test_others_see_all(role):
    refund = RefundFactory()

    assert numbers(client_of(StaffFactory(role=role)).get(LIST)) == [refund.refund_no]


def test_without_a_role_there_is_nothing():
    refund = RefundFactory()
    client = client_of(StaffFactory())

    assert numbers(client.get(LIST)) == []
    assert client.get(f"{LIST}{refund.refund_no}/").status_code == 404
    assert APIClient().get(LIST).status_code == 401


def test_filters(boss):
    waiting, done = RefundFactory(), RefundFactory(state="succeeded")

    assert numbers(boss.get(LIST, {"state": "succeeded"})) == [done.refund_no]
    assert numbers(boss.get(LIST, {"order_no": waiting.order.order_no})) == [waiting.refund_no]
    assert numbers(boss.get(LIST, {"customer": done.customer.public_id})) == [done.refund_no]
    assert numbers(boss.get(LIST, {"requested_after": "2100-01-01T00:00:00Z"})) == []


def test_the_list_takes_the_same_queries_for_more_rows(boss):
    order, agent, counts = paid_order("5000.00"), StaffFactory(role="agent"), []
    for more in (1, 99):
        for position in range(more):
            refund = RefundFactory(order=order, requested_by=agent)
            RefundItem.objects.create(refund=refund, position=position, title="Cup", qty=1)
        with CaptureQueriesContext(connection) as queries:
            assert boss.get(LIST, {"page_size": 100}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
