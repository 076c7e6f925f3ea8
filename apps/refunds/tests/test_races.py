"""What holds when many come together, on real transactions."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.common.errors import DomainError
from apps.notifications.models import Notification
from apps.orders.models import Payment
from apps.refunds.gateways.base import Outcome, RefundResult
from apps.refunds.models import LedgerEntry, Refund, RefundDecision
from apps.refunds.services import (
    advance,
    apply_result,
    approve_refund,
    cancel_refund,
    reject_refund,
    request_refund,
)
from apps.refunds.tests.factories import RefundFactory, limit, paid_order, reserved

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 16


def at_once(calls):
    """Results of ``calls``, all begun together; a refusal counts by its code."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(30)
            return call()
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_together_no_more_is_asked_for_than_was_paid():
    order, agents = paid_order("100.00"), [StaffFactory(role="agent") for _ in range(4)]

    def ask(number):
        return request_refund(order, actor=agents[number % 4], amount="30.00", reason="damaged").state

    outcomes = Counter(at_once([lambda n=n: ask(n) for n in range(THREADS)]))

    assert outcomes == {"requested": 3, "refund_exceeds_paid": THREADS - 3}
    live = sum(Refund.objects.live().values_list("amount", flat=True))
    assert live == reserved(order) == Decimal("90.00")


def test_asking_and_freeing_together_never_exceeds_what_was_paid():
    limit("supervisor", approve="1000")
    order, agent, boss = paid_order("100.00"), StaffFactory(role="agent"), StaffFactory(role="supervisor")
    waiting = [RefundFactory(order=order, amount=Decimal("25.00"), requested_by=agent) for _ in range(4)]
    calls = [lambda r=r: cancel_refund(r, actor=agent).state for r in waiting[:2]]
    calls += [lambda r=r: reject_refund(r, actor=boss, note="No").state for r in waiting[1:3]]
    calls += [lambda r=r: approve_refund(r, actor=boss).state for r in waiting[2:]]
    calls += [
        lambda: request_refund(order, actor=agent, amount="25.00", reason="damaged").state for _ in range(8)
    ]

    at_once(calls)

    live = sum(Refund.objects.live().values_list("amount", flat=True))
    assert live == reserved(order)
    assert live <= Decimal("100.00")


def test_the_same_form_sent_many_times_at_once_is_one_refund():
    order, agent, ref = paid_order(), StaffFactory(role="agent"), uuid4()

    found = at_once(
        [
            lambda: request_refund(order, actor=agent, amount="10.00", reason="damaged", ref=ref).pk
            for _ in range(THREADS)
        ]
    )

    assert set(found) == {Refund.objects.get().pk}
    assert reserved(order) == Decimal("10.00")


def test_the_own_limit_is_not_outrun():
    limit("agent", own="30.00")
    order, agents = paid_order(), [StaffFactory(role="agent") for _ in range(8)]

    states = at_once(
        [lambda a=a: request_refund(order, actor=a, amount="10.00", reason="price").state for a in agents]
    )

    assert Counter(states) == {"approved": 3, "requested": 5}


def test_of_many_deciders_one_decides():
    limit("supervisor", approve="1000")
    refund, bosses = RefundFactory(), [StaffFactory(role="supervisor") for _ in range(8)]
    calls = [lambda b=b: approve_refund(refund, actor=b).state for b in bosses[:4]]
    calls += [lambda b=b: reject_refund(refund, actor=b, note="No").state for b in bosses[4:]]

    outcomes = Counter(at_once(calls))

    refund.refresh_from_db()
    assert outcomes == {refund.state: 1, "refund_wrong_state": 7}
    assert RefundDecision.objects.count() == 1
    assert reserved(refund.order) == (refund.amount if refund.state == "approved" else 0)


def test_many_workers_make_one_call(gateway):
    refund = RefundFactory(state="approved")

    states = at_once([lambda: advance(refund.pk) for _ in range(8)])

    assert Counter(states) == {"succeeded": 1, None: 7}
    posts = [call for call in gateway.calls if call["method"] == "POST"]
    assert (len(posts), refund.calls.count()) == (1, 1)


def test_withdrawing_and_sending_together_end_in_one_of_both(gateway):
    refund = RefundFactory(state="approved")

    at_once([lambda: cancel_refund(refund, actor=refund.requested_by).state, lambda: advance(refund.pk)])

    refund.refresh_from_db()
    sent = len(gateway.refunds)
    assert (refund.state, sent) in (("cancelled", 0), ("succeeded", 1))
    assert reserved(refund.order) == (refund.amount if sent else 0)


def test_the_same_news_from_everywhere_is_heard_once():
    refund = RefundFactory(state="processing", attempts=1)
    good = RefundResult(
        Outcome.SUCCEEDED, version=2, amount=refund.money, payment_ref=refund.payment.payment_ref
    )
    old = RefundResult(
        Outcome.PROCESSING, version=1, amount=refund.money, payment_ref=refund.payment.payment_ref
    )

    at_once([lambda n=n: apply_result(refund.pk, (good, old)[n % 2], now=timezone.now()) for n in range(8)])

    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert (LedgerEntry.objects.count(), Notification.objects.count()) == (1, 1)
    assert Payment.objects.get().refunded_amount == refund.amount
