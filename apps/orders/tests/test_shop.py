"""The reference shop by itself: what it promises, and its events on their way."""

import json
import time

import httpx
import pytest

from apps.common.sandbox import Reply, Sandbox
from apps.common.signing import hmac_signer
from apps.common.testing.standins import serving
from apps.eventbridge.verification.standard_webhooks import signature
from apps.orders.sandboxes.books import masked
from apps.orders.sandboxes.shop import Shop
from apps.orders.tests.standing import KEY_ID, SECRET

PAID, SHIPPED = "LL100103", "LL100102"


class Desk(Sandbox):
    """Takes the shop's events; answers with ``statuses`` in turn, then with 202."""

    def __init__(self, *statuses):
        super().__init__()
        self.statuses = list(statuses)
        self.route("POST", "/api/v1/events/shop/", self._take)

    def _take(self, request):
        return Reply(self.statuses.pop(0) if self.statuses else 202)


@pytest.fixture
def desk():
    desk = Desk()
    with serving(desk) as desk.address:
        yield desk


@pytest.fixture
def shop(desk):
    shop = Shop(key_id=KEY_ID, secret=SECRET, desk_url=desk.address, event_secret=SECRET)
    with serving(shop) as shop.address:
        yield shop


def call(shop, method, path, *, key="", body=None):
    url = httpx.URL(shop.address + path)
    raw = json.dumps(body).encode() if body is not None else b""
    headers = dict(hmac_signer(KEY_ID, SECRET, idempotency_key=key)(method, url, raw))
    return httpx.request(method, url, content=raw, headers=headers)


def script(shop, path, **body):
    return httpx.post(f"{shop.address}/_sandbox/{path}", json=body).json()


def test_a_change_is_pushed_signed(shop, desk):
    script(shop, f"orders/{PAID}/ship", tracking_no="SF8")

    (got,) = desk.calls
    event = json.loads(got["body"])
    assert got["headers"]["content-type"].startswith("application/cloudevents+json")
    assert (event["type"], event["subject"], event["specversion"]) == ("shop.order.shipped", PAID, "1.0")
    assert event["data"]["order"]["shipments"][0]["tracking_no"] == "SF8"
    stamp, name = got["headers"]["webhook-timestamp"], got["headers"]["webhook-id"]
    assert name == event["id"]
    assert got["headers"]["webhook-signature"] == signature(SECRET, name, stamp, got["body"].encode())


def test_a_thin_event_only_names_the_order(shop, desk):
    script(shop, f"orders/{PAID}/cancel", thin=True)

    assert set(json.loads(desk.calls[0]["body"])["data"]) == {"order_no", "version"}


def test_an_event_can_come_twice_and_late(shop, desk):
    script(shop, f"orders/{PAID}/ship", push=False)
    script(shop, f"orders/{PAID}/deliver", times=2)
    script(shop, "events/0/again")

    kinds = [json.loads(call["body"])["type"] for call in desk.calls]
    assert kinds == ["shop.order.delivered", "shop.order.delivered", "shop.order.shipped"]


def test_an_event_that_was_not_taken_is_sent_again(shop, desk, monkeypatch):
    monkeypatch.setattr("apps.orders.sandboxes.pushing.PAUSES", (0.01, 0.01))
    desk.statuses = [500, 503]

    script(shop, f"orders/{PAID}/ship")

    end = time.monotonic() + 5
    while len(desk.calls) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    assert len({json.loads(call["body"])["id"] for call in desk.calls}) == 1
    assert len(desk.calls) == 3


def test_a_shop_without_a_desk_keeps_its_events():
    shop = Shop(key_id=KEY_ID, secret=SECRET)
    with serving(shop) as shop.address:
        assert script(shop, f"orders/{PAID}/ship")["statuses"] == []
        assert len(httpx.get(f"{shop.address}/_sandbox/events").json()["events"]) == 1


def test_versions_only_grow(shop):
    versions = [
        script(shop, f"orders/{PAID}/{act}")["order"]["version"] for act in ("ship", "deliver", "cancel")
    ]

    assert sorted(set(versions)) == versions


def test_something_is_sold(shop, desk):
    order = script(shop, "orders", buyer="林晓", lines=[["SH-101", 2]])["order"]

    assert (order["order_no"], order["status"]) == ("LL100141", "pending")
    assert order["amounts"]["goods"]["amount"] == "998.00"
    paid = script(shop, f"orders/{order['order_no']}/pay")["order"]
    assert (paid["amounts"]["paid"]["amount"], len(paid["payments"])) == ("998.00", 1)


def test_reset_forgets_what_happened(shop):
    script(shop, f"orders/{PAID}/ship")
    script(shop, "reset")

    assert shop.books.get(PAID)["status"] == "paid"


def test_a_repeated_key_changes_nothing_again(shop, desk):
    answers = [call(shop, "POST", f"/v1/orders/{PAID}/cancel", key="k", body={}) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert len(desk.calls) == 1


@pytest.mark.parametrize("act", ["cancel", "address"])
def test_what_has_left_the_house_stays_as_it_is(shop, act):
    answer = call(shop, "POST", f"/v1/orders/{SHIPPED}/{act}", key="k", body={"line": "elsewhere"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "TOO_LATE")


def test_an_address_is_changed_in_time(shop):
    call(shop, "POST", f"/v1/orders/{PAID}/address", key="k", body={"line": "elsewhere"})

    assert shop.books.get(PAID)["address"]["line"] == "elsewhere"


def test_a_post_without_a_key_is_refused(shop):
    assert call(shop, "POST", f"/v1/orders/{PAID}/cancel", body={}).status_code == 401


def test_pages_follow_each_other(shop):
    first = call(shop, "GET", "/v1/orders?limit=30").json()
    second = call(shop, "GET", f"/v1/orders?cursor={first['next_cursor']}&limit=30").json()

    assert (len(first["orders"]), len(second["orders"]), second["next_cursor"]) == (30, 10, None)


def test_a_known_tag_is_answered_without_the_order(shop):
    url = httpx.URL(f"{shop.address}/v1/orders/{PAID}")
    headers = dict(hmac_signer(KEY_ID, SECRET)("GET", url, b""))
    tag = httpx.get(url, headers=headers).headers["etag"]

    again = httpx.get(url, headers=headers | {"if-none-match": tag})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("number", "status"), [("u-1001", 200), ("nobody", 404)])
def test_customers(shop, number, status):
    assert call(shop, "GET", f"/v1/customers/{number}").status_code == status


@pytest.mark.parametrize(
    ("phone", "shown"), [("+86 100 0000 0101", "+86 100****0101"), ("+1 202 555 0143", "+1 202****0143")]
)
def test_nobody_sees_a_whole_number(phone, shown):
    assert masked(phone) == shown
