"""Whatever the gateway says, in whichever order, the refund moves forward only."""

import itertools
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.notifications.models import Notification
from apps.refunds.enums import ENDED, NEXT, OPEN, RELEASED, RefundState
from apps.refunds.errors import WrongState
from apps.refunds.gateways.base import Outcome, RefundResult
from apps.refunds.models import LedgerEntry, RefundReport
from apps.refunds.services import apply_result
from apps.refunds.services.moving import locked, move
from apps.refunds.tests.factories import RefundFactory, paid_order, reserved

pytestmark = pytest.mark.django_db
FORBIDDEN = [
    (state, target)
    for state, target in itertools.product(RefundState, RefundState)
    if target not in NEXT[state]
]


def sent(state="processing", **fields):
    """A refund that the gateway has heard of."""
    return RefundFactory(state=state, attempts=1, **fields)


def said(refund, outcome, version=0, **fields):
    values = {"amount": refund.money, "payment_ref": refund.payment.payment_ref} if version else {}
    return RefundResult(outcome, version=version, **(values | fields))


def hear(refund, outcome, version=0, **fields):
    return apply_result(refund.pk, said(refund, outcome, version, **fields), now=timezone.now())


@pytest.mark.parametrize(("state", "target"), FORBIDDEN)
def test_every_move_that_is_not_allowed_is_refused(state, target):
    refund = locked(RefundFactory(state=state).pk)

    with pytest.raises(WrongState):
        move(refund, target, actor=SYSTEM, action="refunds:SettleRefund", now=timezone.now())

    refund.refresh_from_db()
    assert (refund.state, refund.version) == (state, 1)


def test_every_state_is_in_order():
    assert set(NEXT) == set(RefundState)
    assert ENDED.isdisjoint(OPEN)
    assert ENDED | OPEN | {RefundState.REQUESTED} == set(RefundState)
    assert RELEASED < ENDED


@pytest.mark.parametrize("state", ["approved", "submitting", "processing", "unknown"])
def test_success_ends_it_from_wherever_it_was(state):
    refund = hear(sent(state), Outcome.SUCCEEDED, 2)

    assert (refund.state, refund.due_at, refund.version) == ("succeeded", None, 2)
    assert refund.ended_at
    assert AuditEvent.objects.get(action="refunds:SettleRefund").data["previous"] == state


def test_success_twice_is_success_once():
    refund = sent()

    for version in (2, 2, 3):
        hear(refund, Outcome.SUCCEEDED, version)

    counts = [model.objects.count() for model in (LedgerEntry, Notification, RefundReport)]
    assert counts == [1, 1, 1]


def test_an_older_state_changes_nothing():
    refund = sent()
    hear(refund, Outcome.SUCCEEDED, 3)

    for outcome in (Outcome.PROCESSING, Outcome.FAILED):
        assert hear(refund, outcome, 2).state == "succeeded"
    assert reserved(refund.order) == refund.amount


@pytest.mark.parametrize("outcome", [Outcome.PROCESSING, Outcome.UNKNOWN, Outcome.ABSENT, Outcome.NOT_TAKEN])
@pytest.mark.parametrize("state", ["succeeded", "failed"])
def test_an_end_is_not_undone_by_less(state, outcome):
    refund = sent(state, provider_version=2)

    assert hear(refund, outcome, 3 if outcome == Outcome.PROCESSING else 0).state == state


def test_a_success_of_the_same_version_is_not_failed():
    refund = sent("succeeded", provider_version=2)

    assert hear(refund, Outcome.FAILED, 2).state == "succeeded"
    assert hear(refund, Outcome.FAILED).state == "succeeded"


def test_money_that_came_back_is_booked_back_and_told():
    refund = sent()
    hear(refund, Outcome.SUCCEEDED, 2)

    refund = hear(refund, Outcome.FAILED, 3, code="ACCOUNT_CLOSED", message="Account closed")

    assert (refund.state, refund.code, refund.attention, reserved(refund.order)) == (
        "failed",
        "ACCOUNT_CLOSED",
        True,
        0,
    )
    legs = LedgerEntry.objects.values_list("kind", "debit", "credit", "amount")
    assert list(legs) == [
        ("refund", "sales_returns", "gateway:rest", refund.amount),
        ("reversal", "gateway:rest", "sales_returns", refund.amount),
    ]
    assert list(Notification.objects.order_by("pk").values_list("milestone", flat=True)) == [
        "refund_succeeded",
        "refund_failed",
    ]
    assert set(RefundReport.objects.values_list("status", flat=True)) == {"succeeded", "failed"}


def test_a_decline_that_was_a_mistake_is_corrected():
    refund = sent()
    hear(refund, Outcome.FAILED, 2)
    assert reserved(refund.order) == 0

    refund = hear(refund, Outcome.SUCCEEDED, 3)

    assert (refund.state, refund.attention, reserved(refund.order)) == ("succeeded", False, refund.amount)


def test_a_correction_for_which_nothing_is_left_calls_for_a_person():
    refund = sent(order=paid_order("15.00"))
    hear(refund, Outcome.FAILED, 2)
    RefundFactory(order=refund.order)

    refund = hear(refund, Outcome.SUCCEEDED, 3)

    assert (refund.state, refund.attention, "more went out" in refund.message) == ("failed", True, True)
    assert reserved(refund.order) == Decimal("10.00")
    assert not LedgerEntry.objects.exists()


def test_money_that_came_back_does_not_go_out_again_by_itself():
    refund = sent()
    hear(refund, Outcome.SUCCEEDED, 2)
    hear(refund, Outcome.FAILED, 3)

    refund = hear(refund, Outcome.SUCCEEDED, 4)

    assert (refund.state, refund.attention, LedgerEntry.objects.count()) == ("failed", True, 2)


@pytest.mark.parametrize("state", ["requested", "approved", "rejected", "cancelled"])
@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.PROCESSING, Outcome.FAILED])
def test_what_was_never_sent_cannot_have_an_end(state, outcome):
    refund = RefundFactory(state=state)

    refund = hear(refund, outcome, 1)

    assert (refund.state, refund.attention, refund.code) == (state, True, "CONTRADICTION")
    assert not LedgerEntry.objects.exists()


def test_a_withdrawn_refund_that_was_paid_out_calls_for_a_person():
    refund = hear(sent("cancelled"), Outcome.SUCCEEDED, 1)

    assert (refund.state, refund.attention) == ("cancelled", True)


@pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.FAILED, Outcome.PROCESSING])
@pytest.mark.parametrize("wrong", ["amount", "currency", "payment"])
def test_another_amount_or_payment_is_not_ours(outcome, wrong):
    refund = sent("submitting")
    money = refund.money
    fields = {
        "amount": {"amount": type(money)(Decimal("9.99"), money.currency)},
        "currency": {"amount": type(money)(money.amount, "USD")},
        "payment": {"payment_ref": "somebody else's"},
    }[wrong]

    refund = hear(refund, outcome, 1, **fields)

    assert (refund.state, refund.attention, refund.code) == ("unknown", True, "CONTRADICTION")
    assert reserved(refund.order) == refund.amount


def test_late_news_of_a_call_that_was_given_up():
    refund = RefundFactory(state="submitting", attempts=3)
    refund.calls.create(number=1, kind="submit", started_at=timezone.now())

    for outcome in (Outcome.NOT_TAKEN, Outcome.UNKNOWN, Outcome.FAILED):
        result = said(refund, outcome)
        assert apply_result(refund.pk, result, now=timezone.now(), attempt=1).state == "submitting"
    result = said(refund, Outcome.SUCCEEDED, 1)
    assert apply_result(refund.pk, result, now=timezone.now(), attempt=1).state == "succeeded"


def test_absent_is_believed_only_of_what_was_never_taken():
    assert hear(sent("unknown"), Outcome.ABSENT).state == "approved"

    refund = hear(sent("unknown", provider_refund_id="gwr_1"), Outcome.ABSENT)
    assert (refund.state, refund.attention) == ("unknown", True)


def test_asking_becomes_rarer():
    refund = sent("processing")
    waits = []
    for _ in range(12):
        now = timezone.now()
        refund = apply_result(refund.pk, said(refund, Outcome.PROCESSING, 1), now=now)
        waits.append(refund.due_at - now)

    assert waits[0] < timedelta(seconds=41)
    assert timedelta(minutes=30) <= waits[-1] <= timedelta(hours=1)


def test_nobody_known_is_told_nothing():
    refund = hear(sent(order=paid_order(customer=None)), Outcome.SUCCEEDED, 2)

    assert refund.state == "succeeded"
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [{"kind": "gift"}, {"amount": 0}, {"credit": "sales_returns"}, {}],
    ids=["kind", "amount", "accounts", "twice"],
)
def test_what_no_booking_may_say(fields):
    refund = hear(sent(), Outcome.SUCCEEDED, 2)
    values = {"debit": "sales_returns", "credit": "gateway:rest", "amount": 1, "kind": "refund"} | fields

    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.create(refund=refund, currency="CNY", at=timezone.now(), **values)


@pytest.mark.parametrize("change", [lambda rows: rows.update(amount=1), lambda rows: rows.delete()])
def test_a_booking_is_never_changed(change):
    hear(sent(), Outcome.SUCCEEDED, 2)

    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        change(LedgerEntry.objects.all())

    assert LedgerEntry.objects.get().amount == Decimal("10.00")
