import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.common.sandbox import Fault
from apps.refunds.sandboxes.gateway import Outcome as Script
from apps.refunds.services import advance
from apps.refunds.services.reconciling import reconcile
from apps.refunds.tests.factories import RefundFactory, paid_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return datetime.now(UTC).date()


def refunded():
    refund = RefundFactory(state="approved")
    assert advance(refund.pk) == "succeeded"
    return refund


def groups(found):
    return {
        name: getattr(found, name)
        for name in ("matched", "ours_only", "theirs_only", "amount_differs", "unknown_open")
        if getattr(found, name)
    }


def test_both_sides_agree(gateway, today):
    refund = refunded()

    found = reconcile(today)

    assert groups(found) == {"matched": [refund.refund_no]}
    assert found.ok


def test_what_the_gateway_does_not_know(gateway, today):
    refund = refunded()
    gateway.refunds.clear()

    assert groups(reconcile(today)) == {"ours_only": [refund.refund_no]}


def test_what_we_do_not_know(gateway, today):
    gone, declined = refunded(), refunded()
    gateway.refunds["RF-OTHER"] = gateway.refunds.pop(gone.refund_no)
    gateway.refunds["RF-OTHER"].now["refund_no"] = "RF-OTHER"
    type(declined).objects.filter(pk=declined.pk).update(state="failed")

    found = groups(reconcile(today))

    assert found["theirs_only"] == sorted(["RF-OTHER", declined.refund_no])
    assert found["ours_only"] == [gone.refund_no]


def test_another_amount(gateway, today):
    refund = refunded()
    gateway.refunds[refund.refund_no].now["amount"] = 999

    assert groups(reconcile(today)) == {"amount_differs": [refund.refund_no]}


def test_yen_are_compared_as_yen(gateway, today):
    refund = RefundFactory(state="approved", order=paid_order("5000", currency="JPY"), amount=Decimal(1200))
    advance(refund.pk)

    assert groups(reconcile(today)) == {"matched": [refund.refund_no]}


def test_a_minute_before_midnight_here_is_the_next_day_there(gateway, today):
    refund = refunded()
    type(refund).objects.update(settled_at=timezone.now() - timedelta(days=1))

    assert groups(reconcile(today)) == {"matched": [refund.refund_no]}


def test_declined_is_in_no_statement(gateway, today):
    gateway.outcomes.append(Script(status="FAILED"))
    advance(RefundFactory(state="approved").pk)

    assert groups(reconcile(today)) == {}


@pytest.mark.parametrize(("hours", "open_"), [(23, 0), (25, 1)])
def test_an_outcome_stays_unknown_for_a_day_at_most(gateway, today, hours, open_):
    RefundFactory(state="unknown", unknown_since=timezone.now() - timedelta(hours=hours))

    assert len(reconcile(today).unknown_open) == open_


def run(capsys, **options):
    try:
        call_command("reconcile_refunds", json=True, **options)
        code = 0
    except SystemExit as end:
        code = end.code
    return code, json.loads(capsys.readouterr().out)


def test_the_command_counts(gateway, today, capsys):
    refunded()

    code, found = run(capsys, date=today)

    assert code == 0
    assert found["matched"] == 1
    assert [found[name] for name in ("ours_only", "theirs_only", "amount_differs", "unknown_open")] == [0] * 4


def test_the_command_fails_where_somebody_has_to_look(gateway, today, capsys):
    refund = refunded()
    gateway.refunds.clear()

    code, found = run(capsys, date=today)

    assert (code, found["ours_only"], found["refunds"]["ours_only"]) == (1, 1, [refund.refund_no])


def test_the_command_looks_at_yesterday(gateway, capsys, today):
    assert run(capsys)[1]["date"] == str(today - timedelta(days=1))


def test_the_command_speaks_to_people(gateway, today, capsys):
    refunded()

    call_command("reconcile_refunds", date=today)

    assert capsys.readouterr().out.startswith(f"{today}: 1 matched\n  ours only: 0\n")


def test_without_a_gateway_or_its_answer_there_is_nothing_to_compare(gateway, settings):
    gateway.faults.append(Fault("/v1/refunds", "status", status=403))
    with pytest.raises(CommandError, match="no statement"):
        call_command("reconcile_refunds")

    settings.REFUND_GATEWAY = {"url": "", "key_id": "", "secret": ""}
    with pytest.raises(CommandError, match="configured"):
        call_command("reconcile_refunds")
