from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access.models import Role
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.refunds.models import RefundLimit, RefundNotice, RefundReport
from apps.refunds.tests.factories import RefundFactory, limit, paid_order

pytestmark = pytest.mark.django_db


def page(model, name="changelist", *args):
    return reverse(f"admin:refunds_{model}_{name}", args=args)


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


def report(**fields):
    now = timezone.now()
    return RefundReport.objects.create(
        refund=RefundFactory(state="succeeded"), status="succeeded", due_at=now, created_at=now, **fields
    )


def test_a_manager_reads_refunds_and_changes_none(manager):
    refund = RefundFactory()
    address = page("refund", "change", refund.pk)

    assert refund.refund_no in manager.get(page("refund")).content.decode()
    assert 'name="_save"' not in manager.get(address).content.decode()
    assert manager.post(address, {"state": "succeeded"}).status_code == 403


def test_a_manager_sets_limits_on_record(manager):
    role = Role.objects.get(slug="agent")
    values = {"role": role.pk, "currency": "CNY", "own_amount": "50", "approve_amount": "0"}

    assert manager.post(page("refundlimit", "add"), values).status_code == 302

    assert RefundLimit.objects.get().own_amount == Decimal("50.00")
    assert AuditEvent.objects.get(action="refunds:ManageLimits").data["own"] == "50"


@pytest.mark.parametrize("values", [{"currency": "yuan"}, {"currency": "cny"}, {"own_amount": "-1"}])
def test_a_limit_that_cannot_be(manager, values):
    role = Role.objects.get(slug="agent")
    given = {"role": role.pk, "currency": "CNY", "own_amount": "50", "approve_amount": "0"} | values

    assert manager.post(page("refundlimit", "add"), given).status_code == 200
    assert not RefundLimit.objects.exists()


@pytest.mark.parametrize("many", [False, True])
def test_a_manager_deletes_a_limit_on_record(manager, many):
    row = limit("agent", own="50")
    chosen = {"action": "delete_selected", "_selected_action": [row.pk]} if many else {}
    address = page("refundlimit") if many else page("refundlimit", "delete", row.pk)

    assert manager.post(address, {**chosen, "post": "yes"}).status_code == 302

    assert not RefundLimit.objects.exists()
    assert AuditEvent.objects.get(action="refunds:ManageLimits").data["deleted"]


def test_a_supervisor_sets_no_limits(client):
    client.force_login(StaffFactory(role="supervisor", is_staff=True))
    row = limit("agent", own="50")

    assert client.get(page("refundlimit")).status_code == 200
    assert client.post(page("refundlimit", "change", row.pk), {"own_amount": "5000"}).status_code == 403
    assert client.post(page("refundlimit", "delete", row.pk), {"post": "yes"}).status_code == 403
    row.refresh_from_db()
    assert row.own_amount == Decimal("50.00")


def test_what_was_given_up_is_sent_again(manager):
    dead, sent = report(state="dead", error="No"), report(state="sent", sent_at=timezone.now())
    chosen = {"action": "send_again", "_selected_action": [dead.pk, sent.pk]}

    text = manager.post(page("refundreport"), chosen, follow=True).content.decode()

    assert "1 report is sent again." in text
    dead.refresh_from_db()
    assert dead.state == "pending"


def test_notices_and_ledger_are_readable(manager):
    now = timezone.now()
    notice = RefundNotice.objects.create(
        gateway="rest", notice_id="ntc_1", raw='{"退款": 1}'.encode(), received_at=now, due_at=now
    )

    assert "退款" in manager.get(page("refundnotice", "change", notice.pk)).content.decode()
    assert manager.get(page("ledgerentry")).status_code == 200


def test_an_agent_finds_no_way_in(client):
    client.force_login(StaffFactory(role="agent", is_staff=True))

    assert client.get(page("refundlimit")).status_code == 403


def test_the_list_takes_the_same_queries_for_more_rows(manager):
    order, counts = paid_order("5000.00"), []
    for more in (1, 99):
        for _ in range(more):
            RefundFactory(order=order)
        with CaptureQueriesContext(connection) as queries:
            manager.get(page("refund"))
        counts.append(len(queries))

    assert counts[0] == counts[1]
