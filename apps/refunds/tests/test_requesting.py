from decimal import Decimal
from uuid import uuid4

import pytest

from apps.access.models import Policy, Role
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.customers.tests.factories import CustomerFactory
from apps.orders.errors import RefundExceedsPaid
from apps.orders.tests.factories import OrderFactory, OrderLineFactory, PaymentFactory
from apps.refunds.errors import NothingPaid
from apps.refunds.models import Refund
from apps.refunds.services import Item, cancel_refund, request_refund
from apps.refunds.tests.factories import limit, paid_order, reserved
from apps.surveys.tests.factories import ChatSessionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return StaffFactory(role="agent")


def ask(order, actor, **fields):
    fields.setdefault("amount", "10.00")
    return request_refund(order, actor=actor, reason=fields.pop("reason", "damaged"), **fields)


def test_what_is_asked_for_is_set_aside_and_waits(agent):
    order = paid_order()

    refund = ask(order, agent, amount="12.50", note=" Broken cup ")

    assert (refund.state, refund.needs_approval, refund.due_at) == ("requested", True, None)
    assert (refund.money.as_json(), refund.note) == ({"amount": "12.50", "currency": "CNY"}, "Broken cup")
    assert (refund.customer, refund.payment.order) == (order.customer, order)
    assert reserved(order) == Decimal("12.50")


def test_a_policy_bounds_the_amount_that_somebody_asks_for(agent):
    Role.objects.get(slug="agent").policies.add(Policy.objects.get(slug="refunds-up-to-500"))
    order = paid_order(amount="900.00")

    with pytest.raises(AccessDenied):
        ask(order, agent, amount="500.01")

    assert (reserved(order), Refund.objects.exists()) == (0, False)
    assert ask(order, agent, amount="500.00").state == "requested"


def test_it_is_on_record(agent):
    refund = ask(paid_order(), agent)

    event = AuditEvent.objects.get(action="refunds:RequestRefund")
    assert (event.actor_id, event.data["refund_no"], event.data["amount"]) == (
        agent.pk,
        refund.refund_no,
        "10.00",
    )


def test_within_the_own_limit_nobody_else_is_needed(agent):
    limit("agent", own="10.00")

    refund = ask(paid_order(), agent)

    assert (refund.state, refund.needs_approval, refund.due_at) == ("approved", False, refund.requested_at)


def test_the_limit_is_one_for_all_refunds_of_an_order(agent):
    limit("agent", own="15.00")
    order = paid_order()

    states = [ask(order, actor, amount="10.00").state for actor in (agent, StaffFactory(role="agent"))]

    assert states == ["approved", "requested"]
    assert ask(paid_order(), agent, amount="10.00").state == "approved"


def test_what_was_withdrawn_counts_no_more(agent):
    limit("agent", own="15.00")
    order = paid_order()
    cancel_refund(ask(order, agent, amount="10.00"), actor=agent)

    assert ask(order, agent, amount="15.00").state == "approved"


def test_a_limit_is_worth_nothing_in_another_currency(agent):
    limit("agent", own="1000.00", currency="USD")

    assert ask(paid_order(currency="CNY"), agent).state == "requested"


def test_the_highest_limit_of_several_roles_counts():
    somebody = StaffFactory(role="agent")
    limit("agent", own="5.00")
    limit("supervisor", own="50.00")
    assert ask(paid_order(), somebody).state == "requested"

    supervisor = StaffFactory(role="supervisor")
    assert ask(paid_order(), supervisor, amount="50.00").state == "approved"


def test_more_than_was_paid_is_refused(agent):
    order = paid_order("100.00")
    ask(order, agent, amount="60.00")

    with pytest.raises(RefundExceedsPaid) as caught:
        ask(order, agent, amount="40.01")

    assert caught.value.extra["refundable"]["amount"] == "40.00"
    assert (Refund.objects.count(), reserved(order)) == (1, Decimal("60.00"))


def test_the_same_form_twice_is_one_refund(agent):
    order, ref = paid_order(), uuid4()

    first, second = (ask(order, agent, ref=ref) for _ in range(2))

    assert first == second
    assert reserved(order) == Decimal("10.00")


def test_a_form_of_another_order_is_refused(agent):
    ref = uuid4()
    ask(paid_order(), agent, ref=ref)

    with pytest.raises(Invalid) as caught:
        ask(paid_order(), agent, ref=ref)

    assert caught.value.code == "ref_reused"


def test_two_people_may_happen_to_use_the_same_ref(agent):
    order, ref = paid_order(), uuid4()

    assert ask(order, agent, ref=ref) != ask(order, StaffFactory(role="agent"), ref=ref)


@pytest.mark.parametrize("amount", ["0", "-1", "10.001", "NaN", "Infinity", "ten", "1e12"])
def test_what_is_no_amount(agent, amount):
    order = paid_order()

    with pytest.raises(Invalid):
        ask(order, agent, amount=amount)

    assert reserved(order) == 0


def test_neither_amount_nor_articles(agent):
    with pytest.raises(Invalid):
        ask(paid_order(), agent, amount=None)


def test_yen_have_no_hundredths(agent):
    order = paid_order("5000", currency="JPY")

    with pytest.raises(Invalid):
        ask(order, agent, amount="10.5")
    assert ask(order, agent, amount="1200").money.minor == 1200


def test_money_of_another_currency(agent):
    with pytest.raises(Invalid):
        ask(paid_order(), agent, amount={"amount": "10", "currency": "USD"})


@pytest.mark.parametrize("fields", [{"reason": "because"}, {"note": "x" * 1001}, {"note": "\x00"}])
def test_what_cannot_be_stored(agent, fields):
    order = paid_order()

    with pytest.raises(Invalid):
        ask(order, agent, **fields)

    assert reserved(order) == 0


def test_nothing_was_paid(agent):
    with pytest.raises(NothingPaid):
        ask(OrderFactory(), agent)


def test_a_payment_of_another_order_is_none_of_this(agent):
    other = PaymentFactory()

    with pytest.raises(NothingPaid):
        ask(paid_order(), agent, payment=other)


def test_of_two_payments_the_one_with_enough_left(agent):
    order = paid_order("20.00")
    large = PaymentFactory(order=order, paid_amount=Decimal("80.00"))

    assert ask(order, agent, amount="50.00").payment == large
    assert ask(order, agent, amount="5.00").payment != large


def lines(order):
    return [
        OrderLineFactory(order=order, position=1, title="Cup", qty=2, unit_price=Decimal("15.00")),
        OrderLineFactory(order=order, position=2, title="Plate", qty=1, unit_price=Decimal("70.00")),
    ]


def test_articles_say_how_much(agent):
    order = paid_order()
    lines(order)

    refund = ask(order, agent, amount=None, items=[Item(1, 2)])

    assert refund.amount == Decimal("30.00")
    assert [(item.title, item.qty) for item in refund.items.all()] == [("Cup", 2)]


def test_an_amount_beside_articles_counts(agent):
    order = paid_order()
    lines(order)

    assert ask(order, agent, amount="12.00", items=[Item(1, 1)]).amount == Decimal("12.00")


@pytest.mark.parametrize("items", [[Item(1, 3)], [Item(9, 1)], [Item(1, 0)], [Item(1, 1), Item(1, 1)]])
def test_articles_that_are_not_there(agent, items):
    order = paid_order()
    lines(order)

    with pytest.raises(Invalid):
        ask(order, agent, items=items)

    assert reserved(order) == 0


def test_no_piece_is_refunded_twice(agent):
    order = paid_order()
    lines(order)
    first = ask(order, agent, amount="1.00", items=[Item(1, 2)])

    with pytest.raises(Invalid):
        ask(order, agent, amount="1.00", items=[Item(1, 1)])

    cancel_refund(first, actor=agent)
    assert ask(order, agent, amount="1.00", items=[Item(1, 2)])


def test_without_a_known_buyer_the_customer_of_the_chat_is_told(agent):
    session = ChatSessionFactory(agent=agent)

    refund = ask(paid_order(customer=None), agent, session=session)

    assert (refund.session, refund.customer) == (session, session.customer)


def test_the_proven_buyer_comes_before_who_is_talking(agent):
    buyer = CustomerFactory()

    assert ask(paid_order(customer=buyer), agent, session=ChatSessionFactory(agent=agent)).customer == buyer


def test_a_chat_that_is_not_ones_own_does_not_exist(agent):
    order = paid_order()

    with pytest.raises(NotFound):
        ask(order, agent, session=ChatSessionFactory(agent=StaffFactory()))

    assert (Refund.objects.count(), reserved(order)) == (0, 0)


@pytest.mark.parametrize("role", ["auditor", None])
def test_denied_changes_nothing(role):
    order = paid_order()

    with pytest.raises(AccessDenied):
        ask(order, StaffFactory(role=role))

    assert (Refund.objects.count(), reserved(order)) == (0, 0)
    assert not AuditEvent.objects.filter(action="refunds:RequestRefund").exists()
