"""The signed REST source against the reference shop, over real HTTP."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from django.core.cache import cache

from apps.common.breaker import Breaker
from apps.common.http import Unreachable
from apps.common.money import Money
from apps.common.signing import hmac_signer
from apps.orders.errors import NoSource, SourceRefused
from apps.orders.sources import RestSource, current_source
from apps.orders.sources.reading import read_order, read_orders
from apps.orders.tests.standing import KEY_ID, SECRET, fail, shop

NUMBER = "LL100101"


def calls(sandbox):
    return [call for call in sandbox.calls if call["path"].startswith("/v1/")]


def test_get_reads_an_order():
    with shop():
        order = current_source().get(NUMBER)

    assert (order.order_no, order.status, order.currency) == (NUMBER, "delivered", "CNY")
    assert (order.buyer.id, order.buyer.phone_tail) == ("u-1001", "0101")
    assert order.amounts.goods == sum(line.unit_price * line.qty for line in order.lines)
    assert order.payments[0].paid == Money(order.amounts.paid, "CNY")


def test_get_an_unknown_number():
    with shop():
        assert current_source().get("LL1") is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"email": "Xiao.Lin@mail.example"}, 3),
        ({"phone": "10000000101"}, 3),
        ({"phone": "+86 100 0000 0101"}, 3),
        ({"phone": "0101"}, 0),  # the last digits alone find nobody
        ({"buyer_id": "u-1001"}, 3),
        ({"q": "林晓"}, 3),
        ({"q": "ll100104"}, 1),
        ({"q": "SF1029384756101"}, 1),
        ({"email": "xiao.lin@mail.example", "q": "LL100104"}, 0),
    ],
)
def test_search(asked, found):
    with shop():
        assert len(current_source().search(**asked)) == found


def test_search_brings_the_newest_first():
    with shop():
        placed = [order.placed_at for order in current_source().search(q="mail.example")]

    assert len(placed) == 20
    assert placed == sorted(placed, reverse=True)


def test_products_come_page_by_page(monkeypatch):
    monkeypatch.setattr("apps.orders.sources.rest.PAGE", 10)
    with shop() as sandbox:
        found = current_source().products()

    assert len(found) == len({product.sku for product in found}) == 24
    assert len(calls(sandbox)) == 3
    assert found[0].titles["zh-hans"] == "云步跑鞋"


def test_an_answer_is_believed_for_a_minute_then_asked_about_by_its_tag():
    with shop() as sandbox:
        source = current_source()
        first = source.get(NUMBER)
        source.get(NUMBER)
        again = source.get(NUMBER, fresh=True)

    assert again == first
    assert len(calls(sandbox)) == 2
    assert "if-none-match" in calls(sandbox)[1]["headers"]


def test_an_order_known_to_have_changed_is_asked_for_anew():
    with shop() as sandbox:
        source = current_source()
        source.get(NUMBER)
        sandbox.books.change(NUMBER, "completed")
        source.forget(NUMBER)

        assert source.get(NUMBER).status == "completed"


def test_what_is_unknown_is_remembered_too():
    with shop() as sandbox:
        current_source().get("LL1")
        current_source().get("LL1")

    assert len(calls(sandbox)) == 1


def test_a_failure_is_tried_once_more():
    with shop() as sandbox:
        fail(sandbox, status=503)

        assert current_source().get(NUMBER) is not None

    assert len(calls(sandbox)) == 2


def test_a_shop_that_keeps_failing_is_unreachable():
    with shop() as sandbox:
        fail(sandbox, status=500, times=2)

        with pytest.raises(Unreachable):
            current_source().get(NUMBER)


def test_too_many_requests_are_unreachable_for_a_while():
    with shop() as sandbox:
        fail(sandbox, status=429, headers={"Retry-After": "30"})

        with pytest.raises(Unreachable):
            current_source().get(NUMBER)

    assert len(calls(sandbox)) == 1


def test_the_breaker_opens_and_recovers():
    with shop() as sandbox:
        source = current_source()
        fail(sandbox, times=6, kind="drop_before")
        for _time in range(3):
            with pytest.raises(Unreachable):
                source.get(NUMBER, fresh=True)
        asked = len(calls(sandbox))
        with pytest.raises(Unreachable, match="held back"):
            source.get(NUMBER, fresh=True)

        assert len(calls(sandbox)) == asked == 5  # the sixth was not sent any more
        sandbox.faults.clear()
        forget_the_pause()
        assert source.get(NUMBER, fresh=True) is not None
        assert not Breaker("orders:shop").is_open()


def forget_the_pause():
    """As when 15 seconds have passed."""
    cache.delete("breaker:orders:shop:probe")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"order_no": "LL1"}', b"\xff\xfe", b'{"orders": 7}'])
def test_an_answer_that_nobody_can_read_is_refused(body):
    with shop() as sandbox:
        fail(sandbox, status=200, body=body, times=2)

        with pytest.raises(SourceRefused):
            current_source().get(NUMBER)


def test_without_a_shop_there_is_no_source(settings):
    settings.ORDER_SOURCE = {"url": "", "key_id": "", "secret": ""}

    with pytest.raises(NoSource):
        current_source()


def test_a_wrong_secret_is_refused():
    with shop():
        source = RestSource(str(current_source().outside.base_url), key_id=KEY_ID, secret="another")

        with pytest.raises(SourceRefused) as caught:
            source.get(NUMBER)

    assert caught.value.reason == "BAD_SIGNATURE"


@pytest.mark.parametrize(
    "tampering",
    [
        {"path": "/v1/orders/LL100102"},
        {"params": {"q": "more"}},
        {"headers": {"x-date": "20261122T000000Z"}},
        {"headers": {"x-content-sha256": "0" * 64}},
        {
            "headers": {
                "authorization": "HMAC-SHA256 Credential=demo,SignedHeaders=host,Signature=" + "0" * 64
            }
        },
        {"headers": {"authorization": ""}},
    ],
)
def test_a_tampered_request_is_refused(tampering):
    with shop():
        url = current_source().outside.base_url.join(f"v1/orders/{NUMBER}")
        headers = dict(hmac_signer(KEY_ID, SECRET)("GET", url, b"")) | tampering.get("headers", {})
        target = url.join(tampering.get("path", url.path))
        answer = httpx.get(target, params=tampering.get("params"), headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "BAD_SIGNATURE")


def test_an_old_request_is_refused():
    with shop():
        url = current_source().outside.base_url.join(f"v1/orders/{NUMBER}")
        old = datetime.now(UTC) - timedelta(minutes=6)

        answer = httpx.get(url, headers=dict(hmac_signer(KEY_ID, SECRET, now=old)("GET", url, b"")))

    assert answer.status_code == 401


def test_a_tampered_body_is_refused():
    with shop() as sandbox:
        url = current_source().outside.base_url.join(f"v1/orders/{NUMBER}/cancel")
        headers = dict(hmac_signer(KEY_ID, SECRET, idempotency_key="k")("POST", url, b"{}"))

        answer = httpx.post(url, content=b'{"x": 1}', headers=headers)

        assert answer.status_code == 401
        assert sandbox.books.get(NUMBER)["status"] == "delivered"


def test_report_refund_changes_the_order_once():
    with shop() as sandbox:
        source = current_source()
        for _time in range(2):
            source.report_refund(NUMBER, "R1", Money(Decimal("10.00"), "CNY"), "succeeded")

        assert source.get(NUMBER).amounts.refunded == 10
        keys = [call["headers"]["idempotency-key"] for call in calls(sandbox)[:2]]
        assert keys == ["R1:succeeded"] * 2


def test_report_refund_of_more_than_was_paid_is_refused():
    with shop(), pytest.raises(SourceRefused) as caught:
        current_source().report_refund(NUMBER, "R1", Money(Decimal("99999.00"), "CNY"), "succeeded")

    assert caught.value.reason == "REFUND_EXCEEDS_PAID"


def wire(**changes):
    with shop() as sandbox:
        return json.loads(json.dumps(sandbox.books.get(NUMBER))) | changes


def test_read_order_passes_over_what_it_does_not_know():
    order = read_order(wire(status="teleported", gift_wrap=True, paid_at="yesterday"))

    assert (order.status, order.paid_at) == ("unknown", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"order_no": ""},
        {"order_no": "LL/1"},
        {"order_no": "LL 1"},
        {"order_no": ".."},
        {"order_no": "L" * 65},
        {"created_at": "22.11.2026"},
        {"created_at": "2026-11-22T04:00:00"},
        {"amounts": {}},
        {"amounts": {"goods": {"amount": "NaN", "currency": "CNY"}}},
        {
            "amounts": {
                "goods": {"amount": "1", "currency": "CNY"},
                "paid": {"amount": "1", "currency": "USD"},
            }
        },
        {"items": [{"title": ""}]},
        {"payments": [{"channel": "alipay"}]},
    ],
)
def test_read_order_refuses_what_it_cannot_believe(changes):
    with pytest.raises(SourceRefused):
        read_order(wire(**changes))


def test_read_orders_goes_on_without_an_order_that_no_page_could_show(caplog):
    found = read_orders([wire(order_no="../LL1"), wire()])

    assert [order.order_no for order in found] == [NUMBER]
    assert "'../LL1'" in caplog.text
