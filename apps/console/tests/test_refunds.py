"""Refunds in the console: list, page with its decision, dialog, and the card beside a chat."""

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.orders.tests.factories import OrderLineFactory
from apps.refunds.enums import RefundState
from apps.refunds.models import Refund
from apps.refunds.services import advance
from apps.refunds.tests.conftest import _no_gateway, gateway  # noqa: F401 (fixtures)
from apps.refunds.tests.factories import RefundFactory, limit, paid_order
from apps.surveys.tests.factories import ChatSessionFactory

pytestmark = pytest.mark.django_db
LIST = reverse("console-refunds")
NEW = reverse("console-refund-new")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def agent(client):
    agent = StaffFactory(role="agent")
    client.force_login(agent)
    return agent


@pytest.fixture
def boss(client):
    limit("supervisor", approve="50.00")
    boss = StaffFactory(role="supervisor")
    client.force_login(boss)
    return boss


def page_of(refund, deed=""):
    if deed:
        return reverse("console-refund-act", args=[refund.refund_no, deed])
    return reverse("console-refund", args=[refund.refund_no])


def body(response):
    return response.content.decode()


def form(order, **fields):
    values = {"order": order.order_no, "amount": "10.00", "reason": "damaged", "ref": str(uuid4())}
    return values | fields


def said(response):
    """What the toast says after a form went through."""
    assert response.status_code == 204, body(response)
    return json.loads(response.headers["HX-Trigger"])["desk:done"]


def test_a_supervisor_begins_with_what_waits(client, boss):
    waiting, done = RefundFactory(), RefundFactory(state="succeeded")

    text = body(client.get(LIST))

    assert waiting.refund_no in text
    assert done.refund_no not in text
    assert 'aria-current="page">To approve <span class="tab__count">1</span>' in text


def test_an_agent_begins_with_all_of_theirs(client, agent):
    own, other = RefundFactory(requested_by=agent), RefundFactory()

    text = body(client.get(LIST))

    assert own.refund_no in text
    assert other.refund_no not in text


@pytest.mark.parametrize(
    ("tab", "states"),
    [
        ("approve", {"requested"}),
        ("open", {"approved", "submitting", "processing", "unknown"}),
        ("done", {"succeeded"}),
        ("failed", {"failed", "rejected", "cancelled"}),
    ],
)
def test_the_tabs(client, boss, tab, states):
    order = paid_order()
    every = [RefundFactory(state=state, order=order) for state in RefundState]

    text = body(client.get(LIST, {"tab": tab}, headers=HTMX))

    assert {refund.state for refund in every if refund.refund_no in text} == states


def test_search_and_nothing_found(client, boss):
    refund = RefundFactory()
    RefundFactory()

    for query in (refund.refund_no[:10].lower(), refund.order.order_no, refund.customer.name):
        assert refund.refund_no in body(client.get(LIST, {"tab": "all", "q": query}))
    assert "No refund matches" in body(client.get(LIST, {"tab": "all", "q": "nobody at all"}))


def test_an_empty_list_teaches(client, boss):
    assert "Nothing waits for approval" in body(client.get(LIST))


def test_more_than_a_page(client, boss):
    order, asker = paid_order("5000.00"), StaffFactory(role="agent")
    rows = [RefundFactory(order=order, requested_by=asker) for _ in range(42)]

    first = body(client.get(LIST, headers=HTMX))
    second = body(client.get(LIST, {"before": rows[2].pk}, headers=HTMX))

    assert f"before={rows[2].pk}" in first
    assert rows[1].refund_no not in first
    assert all(row.refund_no in second for row in rows[:2])
    assert "Show more" not in second


def test_the_list_takes_the_same_queries_for_more_rows(client, boss):
    order, counts = paid_order("5000.00"), []
    for more in (1, 99):
        for _ in range(more):
            RefundFactory(order=order)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_without_a_role_there_is_no_page(client):
    client.force_login(StaffFactory())

    assert client.get(LIST).status_code == 403


def test_the_page_tells_the_story(client, boss, gateway):  # noqa: F811
    refund = RefundFactory(state="approved", needs_approval=False)
    advance(refund.pk)

    text = body(client.get(page_of(refund)))

    for words in (
        "asked for ¥10.00",
        "Sent to the gateway: refunded",
        "was told",
        "The shop has not been told",
    ):
        assert words in text


def test_what_one_may_not_see_is_not_there(client, agent):
    assert client.get(page_of(RefundFactory())).status_code == 404
    assert client.post(page_of(RefundFactory(), "cancel")).status_code == 404


def test_approving(client, boss):
    refund = RefundFactory()
    assert "Approve ¥10.00" in body(client.get(page_of(refund)))

    done = said(client.post(page_of(refund, "approve"), {"note": "Photo seen"}, headers=HTMX))

    assert "¥10.00 approved" in done["say"]
    assert "refunds" in done["refresh"]
    refund.refresh_from_db()
    assert (refund.state, refund.decision.note) == ("approved", "Photo seen")


def test_rejecting_needs_a_note(client, boss):
    refund = RefundFactory()

    refused = client.post(page_of(refund, "reject"), {"note": " ", "tell": "1"}, headers=HTMX)

    assert (refused.status_code, "Say why." in body(refused)) == (422, True)
    said(client.post(page_of(refund, "reject"), {"note": "Used", "tell": "1"}, headers=HTMX))
    refund.refresh_from_db()
    assert refund.state == "rejected"


def test_above_the_limit_the_button_is_not_there_and_the_deed_is_refused(client, boss):
    refund = RefundFactory(amount=Decimal("50.01"))

    assert "above what you may approve" in body(client.get(page_of(refund)))
    refused = client.post(page_of(refund, "approve"), headers=HTMX)
    assert refused.status_code == 422
    refund.refresh_from_db()
    assert refund.state == "requested"


def test_the_requester_is_told_to_wait_for_somebody_else(client, boss):
    refund = RefundFactory(requested_by=boss)

    assert "somebody else has to decide" in body(client.get(page_of(refund)))
    assert client.post(page_of(refund, "approve"), headers=HTMX).status_code == 422
    refund.refresh_from_db()
    assert refund.state == "requested"


def test_what_somebody_decided_before_is_said(client, boss):
    refund = RefundFactory(state="processing")

    refused = client.post(page_of(refund, "approve"), headers=HTMX)

    assert (refused.status_code, "moved on" in body(refused)) == (422, True)


def test_withdrawing_and_unknown_deeds(client, agent):
    refund = RefundFactory(requested_by=agent)

    assert client.post(page_of(refund, "burn")).status_code == 404
    assert client.get(page_of(refund, "cancel")).status_code == 405
    assert "withdrawn" in said(client.post(page_of(refund, "cancel"), headers=HTMX))["say"]


def test_a_refund_over_the_chats(client, boss):
    text = body(client.get(page_of(RefundFactory()), {"sheet": "1"}))

    assert text.lstrip().startswith('<div class="sheet"')


def lines(order):
    OrderLineFactory(order=order, position=1, title="Cup", qty=2, unit_price=Decimal("15.00"))


def test_the_dialog_shows_what_is_left(client, agent):
    limit("agent", own="20.00")
    order = paid_order()
    lines(order)

    text = body(client.get(NEW, {"order": order.order_no}))

    assert 'name="qty_1"' in text
    assert "Up to ¥100.00 can be refunded." in text
    assert "Up to ¥20.00 you need nobody" in text


def test_asking_in_the_dialog(client, agent):
    order, session = paid_order(), ChatSessionFactory(agent=agent)

    done = said(client.post(NEW, form(order, session=session.public_id, note="Broken"), headers=HTMX))

    assert done["say"] == "¥10.00 waits for approval"
    refund = Refund.objects.get()
    assert (refund.session, refund.requested_by, refund.note) == (session, agent, "Broken")


def test_within_the_limit_it_goes_out(client, agent):
    limit("agent", own="20.00")

    assert said(client.post(NEW, form(paid_order()), headers=HTMX))["say"] == "¥10.00 is being refunded"


def test_asking_for_articles(client, agent):
    order = paid_order()
    lines(order)

    said(client.post(NEW, form(order, amount="", qty_1="2", qty_2="0"), headers=HTMX))

    refund = Refund.objects.get()
    assert (refund.amount, refund.items.get().qty) == (Decimal("30.00"), 2)


def test_the_same_form_twice_is_one_refund(client, agent):
    values = form(paid_order())

    for _ in range(2):
        said(client.post(NEW, values, headers=HTMX))

    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "100.01"}, "more than what was paid"),
        ({"amount": ""}, "Give an amount"),
        ({"amount": "ten"}, "Not an amount"),
        ({"reason": ""}, "Choose a reason."),
        ({"qty_9": "1"}, "not so many pieces"),
        ({"ref": "x"}, "Reload the page"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(client, agent, fields, words):
    response = client.post(NEW, form(paid_order(), **fields), headers=HTMX)

    assert response.status_code == 422
    assert words in body(response)
    assert not Refund.objects.exists()


def sum_of(client, order, **fields):
    return body(client.get(reverse("console-refund-sum"), {"order": order.order_no, **fields}, headers=HTMX))


def test_the_button_names_what_it_does(client, agent):
    limit("agent", own="20.00")
    order = paid_order()
    lines(order)

    assert "Refund ¥10.00" in sum_of(client, order, amount="10")
    assert "Ask for ¥20.01" in sum_of(client, order, amount="20.01")
    assert "At most ¥100.00" in sum_of(client, order, amount="100.01")
    chosen = sum_of(client, order, qty_1="2", **{"from": "items"})
    assert "Ask for ¥30.00" in chosen
    assert 'value="30.00"' in chosen


def test_unknown_orders_and_roles_without_refunds(client, agent):
    assert client.get(NEW, {"order": "NONE"}).status_code == 404
    client.force_login(StaffFactory(role="auditor"))
    assert client.get(NEW, {"order": paid_order().order_no}).status_code == 403


def test_the_card_beside_the_chat(client, agent):
    session = ChatSessionFactory(agent=agent)
    address = reverse("console-card", args=[session.public_id, "refunds"])
    assert "No money went back yet" in body(client.get(address))

    refund = RefundFactory(order=paid_order(customer=session.customer))
    text = body(client.get(address))

    assert f"{page_of(refund)}?sheet=1" in text
    assert "¥10.00" in text
