"""The worker's steps, with a real gateway that misbehaves."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.common.sandbox import Fault
from apps.notifications.models import Notification
from apps.refunds.models import LedgerEntry, RefundReport
from apps.refunds.sandboxes.gateway import Outcome as Script
from apps.refunds.services import advance
from apps.refunds.tests.factories import RefundFactory, paid_order, reserved

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund():
    return RefundFactory(state="approved")


def step(refund, *, after=timedelta()):
    """One step of the worker, ``after`` it is due."""
    refund.refresh_from_db()
    state = advance(refund.pk, now=(refund.due_at or timezone.now()) + after)
    refund.refresh_from_db()
    return state


def fault(gateway, kind, **fields):
    gateway.faults.append(Fault("/v1/refunds", kind, **fields))


def calls(refund):
    return list(refund.calls.values_list("kind", "outcome"))


def executed(gateway):
    return [entry.now["refund_no"] for entry in gateway.refunds.values()]


def test_an_approved_refund_is_sent(gateway, refund):
    assert step(refund) == "succeeded"

    assert executed(gateway) == [refund.refund_no]
    assert (refund.due_at, refund.attention, refund.provider_version) == (None, False, 1)
    assert refund.settled_at
    assert refund.provider_refund_id == "gwr_000001"
    assert calls(refund) == [("submit", "succeeded")]


def test_success_is_booked_told_and_reported_once(gateway, refund):
    step(refund)

    entry = LedgerEntry.objects.get()
    assert (entry.debit, entry.credit, entry.amount) == ("sales_returns", "gateway:rest", refund.amount)
    told = Notification.objects.get()
    assert (told.customer, told.milestone) == (refund.customer, "refund_succeeded")
    assert told.data == {
        "order_no": refund.order.order_no,
        "refund_no": refund.refund_no,
        "amount": "¥10.00",
    }
    assert RefundReport.objects.get().status == "succeeded"
    assert reserved(refund.order) == refund.amount


def test_what_is_not_due_is_left_alone(gateway, refund):
    type(refund).objects.update(due_at=timezone.now() + timedelta(minutes=1))

    assert advance(refund.pk) is None
    assert executed(gateway) == []


@pytest.mark.parametrize("state", ["requested", "rejected", "cancelled", "succeeded", "failed"])
def test_what_is_not_approved_is_never_sent(gateway, state):
    refund = RefundFactory(state=state)

    assert advance(refund.pk, now=timezone.now() + timedelta(days=1)) is None
    assert executed(gateway) == []


def test_a_time_out_after_the_effect_is_resolved_by_asking(gateway, refund):
    fault(gateway, "drop_after")

    assert step(refund) == "unknown"
    assert refund.unknown_since
    assert step(refund) == "succeeded"
    assert executed(gateway) == [refund.refund_no]
    assert calls(refund) == [("submit", "unknown"), ("query", "succeeded")]


def test_a_time_out_before_the_effect_is_sent_again_under_the_same_number(gateway, refund):
    fault(gateway, "drop_before")

    assert [step(refund) for _ in range(3)] == ["unknown", "approved", "succeeded"]
    assert executed(gateway) == [refund.refund_no]
    assert calls(refund) == [("submit", "unknown"), ("query", "absent"), ("submit", "succeeded")]


def test_while_nobody_answers_the_question_is_asked_again_and_again(gateway, refund):
    fault(gateway, "drop_after")
    fault(gateway, "status", method="GET", status=500, times=3)

    states = [step(refund) for _ in range(4)]

    assert states == ["unknown"] * 4
    assert (refund.failures, refund.attention) == (4, False)
    assert step(refund) == "succeeded"
    assert executed(gateway) == [refund.refund_no]


def test_a_gateway_that_keeps_failing_is_left_alone_for_a_while(gateway):
    """The breaker holds calls back; what is held back was certainly not taken."""
    refunds = [RefundFactory(state="approved") for _ in range(6)]
    fault(gateway, "status", status=500, times=5)

    states = [step(refund) for refund in refunds]

    assert states == ["unknown"] * 5 + ["approved"]
    assert executed(gateway) == []


def test_after_an_hour_of_not_knowing_somebody_has_to_look(gateway, refund):
    fault(gateway, "drop_after")
    fault(gateway, "status", method="GET", status=500)
    step(refund)

    step(refund, after=timedelta(hours=2))

    assert (refund.state, refund.attention) == ("unknown", True)
    assert step(refund) == "succeeded"
    assert refund.attention is False


def test_a_decline_frees_the_money_and_asks_for_a_look(gateway, refund):
    gateway.outcomes.append(Script(status="FAILED", code="CARD_EXPIRED", message="Card expired"))

    assert step(refund) == "failed"
    assert (refund.code, refund.message, refund.attention) == ("CARD_EXPIRED", "Card expired", True)
    assert reserved(refund.order) == 0
    assert not Notification.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_what_was_turned_away_is_sent_again_later(gateway, refund):
    fault(gateway, "status", status=429, headers={"Retry-After": "90"})
    at = refund.due_at

    assert step(refund) == "approved"
    assert refund.due_at >= at + timedelta(seconds=90)
    assert (refund.code, refund.failures) == ("429", 1)
    assert step(refund) == "succeeded"


def test_without_a_gateway_it_waits(refund):
    assert step(refund) == "approved"
    assert (refund.code, refund.due_at > timezone.now() + timedelta(minutes=4)) == ("NOT_CONFIGURED", True)


def test_what_takes_time_is_asked_about(gateway, refund):
    gateway.settle_after = None

    assert step(refund) == "processing"
    assert step(refund) == "processing"
    gateway._finish(refund.refund_no, "SUCCEEDED")
    assert step(refund) == "succeeded"
    assert (refund.provider_version, calls(refund)[-1]) == (2, ("query", "succeeded"))


def test_what_is_at_the_gateway_stays_there_while_it_does_not_answer(gateway, refund):
    gateway.settle_after = None
    step(refund)
    fault(gateway, "status", status=500)

    assert step(refund) == "processing"
    assert refund.due_at > timezone.now() - timedelta(minutes=1)


def test_a_gateway_that_denies_what_it_took_calls_for_a_person(gateway, refund):
    gateway.settle_after = None
    step(refund)
    gateway.refunds.clear()

    assert step(refund) == "unknown"
    assert (refund.attention, "denies" in refund.message) == (True, True)
    assert executed(gateway) == []


def test_a_number_used_for_something_else_calls_nobody_rich(gateway, refund):
    other = RefundFactory(state="approved", order=paid_order(), amount=Decimal("20.00"))
    type(refund).objects.filter(pk=refund.pk).update(refund_no="RF-X")
    refund.refresh_from_db()
    step(other)
    entry = gateway.refunds.pop(other.refund_no)
    gateway.refunds["RF-X"] = entry

    assert step(refund) == "unknown"
    assert refund.code == "REFUND_NO_REUSED"
    assert step(refund) == "unknown"
    assert (refund.code, refund.attention) == ("CONTRADICTION", True)
    assert not refund.bookings.exists()


def test_a_worker_that_died_in_the_call_leaves_a_question(gateway, refund):
    now = timezone.now()
    type(refund).objects.update(state="submitting", attempts=1, due_at=now)
    refund.calls.create(number=1, kind="submit", started_at=now)

    assert step(refund) == "approved"
    assert calls(refund) == [("submit", ""), ("query", "absent")]
    assert step(refund) == "succeeded"
    assert executed(gateway) == [refund.refund_no]


def test_yen_arrive_as_yen(gateway):
    refund = RefundFactory(
        state="approved", order=paid_order("5000", currency="JPY"), amount=Decimal("1200.00")
    )

    assert step(refund) == "succeeded"
    assert (gateway.refunds[refund.refund_no].now["amount"], refund.bookings.get().money.minor) == (
        1200,
        1200,
    )


def test_the_gateway_is_told_what_was_paid_and_where_to_report(gateway, refund, settings):
    settings.PUBLIC_BASE_URL = "https://desk.example"

    step(refund)

    body = gateway.refunds[refund.refund_no].body
    assert (body["paid"], body["order_no"]) == (10000, refund.order.order_no)
    assert body["notify_url"] == "https://desk.example/api/v1/refunds/notices/rest/"
