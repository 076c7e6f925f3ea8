"""What the shop hears: over real HTTP, to a stand-in that answers like the order service."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.common.errors import AccessDenied
from apps.common.sandbox import Fault, Reply, Sandbox
from apps.common.testing.standins import serving
from apps.refunds.errors import WrongState
from apps.refunds.models import RefundReport
from apps.refunds.services import advance, replay_report, send_report
from apps.refunds.tests.factories import RefundFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(settings):
    sandbox = Sandbox()
    sandbox.route("POST", "/v1/orders/{no}/refund-requests", lambda request: Reply(202, {"ok": True}))
    with serving(sandbox) as url:
        settings.ORDER_SOURCE = {"url": url, "key_id": "desk", "secret": "shop"}
        yield sandbox


@pytest.fixture
def report(gateway):
    refund = RefundFactory(state="approved")
    advance(refund.pk)
    return RefundReport.objects.get(refund=refund)


def send(report, **fields):
    report.refresh_from_db()
    state = send_report(report.pk, now=fields.pop("now", report.due_at))
    report.refresh_from_db()
    return state


def test_the_shop_hears_of_a_refund(report, shop):
    assert send(report) == "sent"

    [call] = shop.calls
    assert call["path"] == f"/v1/orders/{report.refund.order.order_no}/refund-requests"
    assert json.loads(call["body"]) == {
        "refund_no": report.refund.refund_no,
        "amount": {"amount": "10.00", "currency": "CNY"},
        "status": "succeeded",
    }
    assert call["headers"]["idempotency-key"] == f"{report.refund.refund_no}:succeeded"
    assert report.sent_at


def test_it_hears_once(report, shop):
    send(report)

    assert send(report, now=timezone.now() + timedelta(days=1)) is None
    assert len(shop.calls) == 1


def test_a_shop_that_does_not_answer_is_told_later(report, shop):
    shop.faults.append(Fault("/v1/orders", "drop_after"))
    at = report.due_at

    assert send(report) == "pending"
    assert report.error
    assert report.due_at >= at
    assert send(report) == "sent"
    keys = {call["headers"]["idempotency-key"] for call in shop.calls}
    assert (len(shop.calls), len(keys)) == (2, 1)


def test_after_many_refusals_it_is_given_up_and_can_be_sent_again(report, shop):
    shop.faults.append(Fault("/v1/orders", "status", status=422, body={"error": {"code": "NO"}}, times=10))

    states = [send(report) for _ in range(10)]

    assert states == ["pending"] * 9 + ["dead"]
    replay_report(report, actor=StaffFactory(role="manager"))
    assert send(report) == "sent"


def test_without_a_shop_it_waits(report):
    assert send(report) == "pending"
    assert "connected" in report.error


def test_a_worker_that_died_in_the_call_is_followed_by_another(report, shop):
    RefundReport.objects.update(attempts=1, due_at=timezone.now() + timedelta(seconds=60))

    assert send(report, now=timezone.now()) is None
    assert send(report) == "sent"


@pytest.mark.parametrize("state", ["pending", "sent"])
def test_only_what_was_given_up_is_sent_again(report, state):
    sent_at = timezone.now() if state == "sent" else None
    RefundReport.objects.update(state=state, sent_at=sent_at)

    with pytest.raises(WrongState):
        replay_report(report, actor=StaffFactory(role="manager"))


def test_an_agent_replays_nothing(report):
    RefundReport.objects.update(state="dead")

    with pytest.raises(AccessDenied):
        replay_report(report, actor=StaffFactory(role="agent"))

    report.refresh_from_db()
    assert report.state == "dead"
