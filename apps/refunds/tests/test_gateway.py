"""The signed REST gateway against its stand-in, over real HTTP."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.common.http import Unreachable
from apps.common.money import Money
from apps.common.sandbox import Fault
from apps.refunds.gateways.base import MalformedNotice, NotConfigured, Outcome, RefundRequest
from apps.refunds.gateways.rest import RestGateway
from apps.refunds.sandboxes.gateway import Outcome as Script

REST = RestGateway()


def request(number="RF-1", *, amount="12.50", currency="CNY", paid="100.00", payment="pay-1"):
    return RefundRequest(
        refund_no=number,
        payment_ref=payment,
        order_no="LL1",
        amount=Money(Decimal(amount), currency),
        paid=Money(Decimal(paid), currency),
        reason="damaged",
        notify_url="",
    )


def fault(gateway, kind, *, path="/v1/refunds", **fields):
    gateway.faults.append(Fault(path, kind, **fields))


def refunds(gateway):
    return [entry.now for entry in gateway.refunds.values()]


def test_a_refund_is_made(gateway):
    result = REST.submit(request())

    assert (result.outcome, result.amount, result.version) == (
        Outcome.SUCCEEDED,
        Money(Decimal("12.50"), "CNY"),
        1,
    )
    assert result.provider_refund_id
    assert result.settled_at is not None
    assert refunds(gateway)[0]["amount"] == 1250


def test_the_same_number_is_refunded_once(gateway):
    first, second = REST.submit(request()), REST.submit(request())

    assert first == second
    assert len(refunds(gateway)) == 1


def test_the_same_number_with_another_amount_is_not_believed(gateway):
    REST.submit(request())

    result = REST.submit(request(amount="13.00"))

    assert (result.outcome, result.code) == (Outcome.UNKNOWN, "REFUND_NO_REUSED")
    assert len(refunds(gateway)) == 1


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1200", "JPY", 1200), ("50000", "KRW", 50000), ("12.50", "USD", 1250), ("3", "KWD", 3000)],
)
def test_amounts_go_out_in_the_smallest_unit(gateway, amount, currency, minor):
    result = REST.submit(request(amount=amount, currency=currency, paid="90000"))

    assert refunds(gateway)[0]["amount"] == minor
    assert result.amount == Money(Decimal(amount), currency)


def test_more_than_was_paid_is_declined(gateway):
    REST.submit(request("RF-1", amount="60"))

    result = REST.submit(request("RF-2", amount="60"))

    assert (result.outcome, result.code) == (Outcome.FAILED, "EXCEEDS_PAID")


def test_a_decline_has_a_code(gateway):
    gateway.outcomes.append(Script(status="FAILED", code="CARD_EXPIRED", message="Card expired"))

    result = REST.submit(request())

    assert (result.outcome, result.code, result.message) == (Outcome.FAILED, "CARD_EXPIRED", "Card expired")


def test_what_takes_time_is_processing(gateway):
    gateway.settle_after = None

    assert REST.submit(request()).outcome == Outcome.PROCESSING
    assert REST.query(request()).outcome == Outcome.PROCESSING


def test_a_word_of_tomorrow_is_unknown(gateway):
    gateway.outcomes.append(Script(status="NEEDS_ACTION"))

    assert REST.submit(request()).outcome == Outcome.UNKNOWN


def test_without_an_answer_nobody_knows(gateway):
    fault(gateway, "drop_after")

    assert REST.submit(request()).outcome == Outcome.UNKNOWN
    assert len(refunds(gateway)) == 1
    assert REST.query(request()).outcome == Outcome.SUCCEEDED


def test_a_gateway_that_never_heard_of_it(gateway):
    fault(gateway, "drop_before")

    assert REST.submit(request()).outcome == Outcome.UNKNOWN
    assert REST.query(request()).outcome == Outcome.ABSENT


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (500, None, Outcome.UNKNOWN),
        (502, "<html>", Outcome.UNKNOWN),
        (503, {"error": {"code": "BUSY"}}, Outcome.UNKNOWN),
        (404, "no such page", Outcome.UNKNOWN),
        (302, None, Outcome.UNKNOWN),
        (400, "no word of the gateway's", Outcome.UNKNOWN),
        (200, "<html>", Outcome.UNKNOWN),
        (200, {"status": "SUCCEEDED"}, Outcome.UNKNOWN),
        (200, [], Outcome.UNKNOWN),
        (400, {"error": {"code": "INVALID_REQUEST"}}, Outcome.FAILED),
        (422, {"error": {"code": "WINDOW_OVER"}}, Outcome.FAILED),
        (401, {"error": {"code": "SIGNATURE_INVALID"}}, Outcome.NOT_TAKEN),
        (403, None, Outcome.NOT_TAKEN),
        (429, None, Outcome.NOT_TAKEN),
    ],
)
def test_what_an_answer_means(gateway, status, body, outcome):
    fault(gateway, "status", status=status, body=body)

    assert REST.submit(request()).outcome == outcome


def test_too_many_calls_say_when_to_come_back(gateway):
    fault(gateway, "status", status=429, headers={"Retry-After": "90"})

    assert REST.submit(request()).retry_after == 90


def test_nobody_there_means_nothing_was_taken(settings):
    settings.REFUND_GATEWAY = {"url": "http://127.0.0.1:9", "key_id": "desk", "secret": "x"}

    assert REST.submit(request()).outcome == Outcome.NOT_TAKEN
    assert REST.query(request()).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize("status", [404, 500, 401, 429])
def test_only_the_gateways_own_word_means_absent(gateway, status):
    fault(gateway, "status", status=status, body={"error": {"code": "NOT_FOUND"}})

    assert REST.query(request()).outcome == Outcome.UNKNOWN


def test_a_wrong_secret_is_turned_away(gateway, settings):
    settings.REFUND_GATEWAY = settings.REFUND_GATEWAY | {"secret": "wrong"}

    result = REST.submit(request())

    assert (result.outcome, result.code) == (Outcome.NOT_TAKEN, "SIGNATURE_INVALID")
    assert not refunds(gateway)


def test_while_keys_change_the_first_signs(gateway, settings):
    settings.REFUND_GATEWAY = settings.REFUND_GATEWAY | {"secret": "secret-one,secret-two"}

    assert REST.submit(request()).outcome == Outcome.SUCCEEDED


def test_without_an_address_there_is_no_gateway():
    with pytest.raises(NotConfigured):
        REST.submit(request())


def test_the_statement_of_a_day(gateway):
    REST.submit(request("RF-1"))
    gateway.outcomes.append(Script(status="FAILED"))
    REST.submit(request("RF-2"))

    lines = REST.statement(datetime.now(UTC).date())

    assert [(line.refund_no, line.amount) for line in lines] == [("RF-1", Money(Decimal("12.50"), "CNY"))]
    assert REST.statement(date(2020, 1, 1)) == []


def test_a_statement_that_cannot_be_read(gateway):
    fault(gateway, "status", status=403, body={"error": {"code": "FORBIDDEN"}})

    with pytest.raises(Unreachable):
        REST.statement(date(2020, 1, 1))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":1}', b'{"id":"1","refund":[]}', b"\xff"])
def test_a_notice_that_cannot_be_read(body):
    with pytest.raises(MalformedNotice):
        REST.parse(body)


def test_a_notice_with_unknown_fields_is_read(gateway):
    REST.submit(request())
    state = refunds(gateway)[0] | {"mood": "fine"}

    notice = REST.parse(json.dumps({"id": "n1", "refund": state, "new": 1}).encode())

    assert (notice.notice_id, notice.refund_no, notice.result.outcome) == ("n1", "RF-1", Outcome.SUCCEEDED)
