"""The reference shop service, a program of its own: ``python -m apps.orders.sandboxes.shop --port N``.

It is the counterpart of the REST order source: signed requests, money as ``{"amount", "currency"}``, ``ETag`` and
``If-None-Match``, errors ``{"error": {"code", "message", "retriable", "request_id"}}``.
``GET /v1/orders/{no}`` · ``GET /v1/orders?q=&phone=&email=&buyer_id=&cursor=&limit=`` · ``GET /v1/customers/{id}`` ·
``GET /v1/products`` · ``POST /v1/orders/{no}/{refund-requests|cancel|address}`` with ``Idempotency-Key``.

Each change is pushed to ``DESK_URL/api/v1/events/shop/``: CloudEvents in structured mode, signed by Standard Webhooks
with ``EVENT_SECRET``. Scripts, beside the base's faults: ``POST /_sandbox/orders {"buyer", "lines", …}`` sells
something; ``POST /_sandbox/orders/{no}/{pay|ship|deliver|cancel} {"times", "thin", "push", "carrier", "tracking_no"}``
moves an order on; ``GET /_sandbox/events`` lists the events, ``POST /_sandbox/events/{n}/again`` sends one once more.
"""

import hashlib
import json
import os
import uuid
from decimal import Decimal
from typing import Any

from apps.common.sandbox import Reply, Request, Route, Sandbox, arguments, run
from apps.common.sandbox_signing import complaint
from apps.orders.sandboxes.books import Books, picture
from apps.orders.sandboxes.pushing import Pusher

PAGE, MOST = 20, 100
EVENT_OF = {"pay": "paid", "ship": "shipped", "deliver": "delivered", "cancel": "cancelled"}
MAY_CANCEL = {"pending", "paid"}


class Shop(Sandbox):
    """One shop with its books and its events."""

    def __init__(self, *, key_id: str, secret: str, desk_url: str = "", event_secret: str = "") -> None:
        super().__init__()
        self.key_id, self.secret = key_id, secret
        self.books = Books()
        self.pusher = Pusher(desk_url, event_secret)
        self.answered: dict[tuple[str, str], Reply] = {}
        self.refunds: dict[str, dict[str, Decimal]] = {}
        self.route("GET", "/v1/orders", self._signed(self._search))
        self.route("GET", "/v1/orders/{no}", self._signed(self._show))
        self.route("GET", "/v1/customers/{id}", self._signed(self._customer))
        self.route("GET", "/v1/products", self._signed(self._products))
        self.route("POST", "/v1/orders/{no}/refund-requests", self._signed(self._once(self._refund)))
        self.route("POST", "/v1/orders/{no}/cancel", self._signed(self._once(self._cancel)))
        self.route("POST", "/v1/orders/{no}/address", self._signed(self._once(self._address)))
        self.route("GET", "/_sandbox/orders", lambda request: Reply(body={"orders": self.books.find()}))
        self.route("POST", "/_sandbox/orders", self._sell)
        self.route("POST", "/_sandbox/orders/{no}/{act}", self._move)
        self.route("GET", "/_sandbox/events", lambda request: Reply(body={"events": self.pusher.sent}))
        self.route("POST", "/_sandbox/events/{n}/again", self._again)

    def reset(self) -> None:
        super().reset()
        self.books.load()
        self.answered.clear()
        self.refunds.clear()
        self.pusher.sent.clear()

    def _signed(self, handler: Route) -> Route:
        """The handler, for whoever signed the request."""

        def verified(request: Request) -> Reply:
            reason = complaint(request, key_id=self.key_id, secret=self.secret)
            return _error(401, "BAD_SIGNATURE", reason) if reason else handler(request)

        return verified

    def _once(self, handler: Route) -> Route:
        """The handler, which a repeated ``Idempotency-Key`` does not run again."""

        def idempotent(request: Request) -> Reply:
            key = (request.path, request.headers.get("idempotency-key", ""))
            with self.lock:
                if key not in self.answered:
                    self.answered[key] = handler(request)
                return self.answered[key]

        return idempotent

    def _show(self, request: Request) -> Reply:
        order = self.books.get(request.args["no"].upper())
        return _tagged(request, order) if order else _no_order()

    def _search(self, request: Request) -> Reply:
        asked = {key: request.query.get(key, "") for key in ("q", "phone", "email", "buyer_id")}
        found = self.books.find(**asked)
        return _tagged(request, _page(request, "orders", found))

    def _customer(self, request: Request) -> Reply:
        buyer = next((row for row in self.books.buyers.values() if row["id"] == request.args["id"]), None)
        if buyer is None:
            return _error(404, "CUSTOMER_NOT_FOUND", "No such customer.")
        return _tagged(request, {key: buyer[key] for key in ("id", "name", "email", "locale")})

    def _products(self, request: Request) -> Reply:
        catalogue = [catalogue_entry(item) for item in self.books.catalogue.values()]
        return _tagged(request, _page(request, "products", catalogue))

    def _refund(self, request: Request) -> Reply:
        """What has been paid back for an order is the sum over the refunds that succeeded."""
        number, body = request.args["no"], request.json()
        order = self.books.get(number)
        if order is None:
            return _no_order()
        refunds = self.refunds.setdefault(number, {})
        before = Decimal(order["amounts"]["refunded"]["amount"])
        if body.get("status") == "succeeded" and body["refund_no"] not in refunds:
            amount = Decimal(body["amount"]["amount"])
            if before + amount > Decimal(order["amounts"]["paid"]["amount"]):
                return _error(422, "REFUND_EXCEEDS_PAID", "More than was paid.")
            refunds[body["refund_no"]] = amount
            order = self._changed(self.books.refund(number, before + amount), "refunded")
        return Reply(body=order)

    def _cancel(self, request: Request) -> Reply:
        order = self.books.get(request.args["no"])
        if order is None:
            return _no_order()
        if order["status"] not in MAY_CANCEL:
            return _error(409, "TOO_LATE", "The order has left the house.")
        return Reply(body=self._changed(self.books.change(order["order_no"], "cancelled"), "cancelled"))

    def _address(self, request: Request) -> Reply:
        order = self.books.get(request.args["no"])
        if order is None:
            return _no_order()
        if order["status"] not in MAY_CANCEL:
            return _error(409, "TOO_LATE", "The order has left the house.")
        address = {**order["address"], **request.json()}
        return Reply(body=self.books.change(order["order_no"], order["status"], address=address))

    def _changed(self, order: dict[str, Any], kind: str) -> dict[str, Any]:
        self.pusher.push(self.pusher.event(order, kind, thin=False))
        return order

    def _sell(self, request: Request) -> Reply:
        order = self.books.create(request.json())
        entry = self.pusher.push(self.pusher.event(order, "created", thin=False))
        return Reply(201, {"order": order, "pushed": entry["statuses"]})

    def _move(self, request: Request) -> Reply:
        """Carry an order on. ``push: false`` keeps the event back, to be sent later or never."""
        number, act = request.args["no"], request.args["act"]
        if act not in EVENT_OF or self.books.get(number) is None:
            return _no_order()
        script = request.json() or {}
        order = self._moved(number, act, script)
        event = self.pusher.event(order, EVENT_OF[act], thin=bool(script.get("thin")))
        times = int(script.get("times", 1)) if script.get("push", True) else 0
        if times:
            return Reply(body={"order": order, **self.pusher.push(event, times=times)})
        self.pusher.sent.append({"event": event, "statuses": []})
        return Reply(body={"order": order, "event": event, "statuses": []})

    def _moved(self, number: str, act: str, script: dict[str, Any]) -> dict[str, Any]:
        if act == "pay":
            return self.books.pay(number)
        if act == "deliver":
            return self.books.deliver(number)
        if act == "cancel":
            return self.books.change(number, "cancelled")
        tracking_no = script.get("tracking_no") or f"SF{uuid.uuid4().int % 10**13:013d}"
        return self.books.ship(number, carrier=script.get("carrier", "shunfeng"), tracking_no=tracking_no)

    def _again(self, request: Request) -> Reply:
        entry = self.pusher.sent[int(request.args["n"])]
        return Reply(body=self.pusher.push(entry["event"]))


def _page(request: Request, name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    start = int(request.query.get("cursor") or 0)
    limit = min(int(request.query.get("limit") or PAGE), MOST)
    more = str(start + limit) if start + limit < len(items) else None
    return {name: items[start : start + limit], "next_cursor": more}


def catalogue_entry(item: dict[str, Any]) -> dict[str, Any]:
    """An article of the fixtures in the words of the contract."""
    return {
        "sku": item["sku"],
        "title": item["name"],
        "blurb": item["blurb"],
        "category": item["category"],
        "price": {"amount": item["price"], "currency": item["currency"]},
        "image_url": picture(item["sku"]),
        "url": f"/shop/{item['sku']}/",
        "active": True,
    }


def _tagged(request: Request, body: dict[str, Any]) -> Reply:
    """The body, or 304 for whoever has it already."""
    content = json.dumps(body, sort_keys=True, ensure_ascii=False).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == etag:
        return Reply(304, b"", {"ETag": etag})
    return Reply(200, body, {"ETag": etag})


def _no_order() -> Reply:
    return _error(404, "ORDER_NOT_FOUND", "No such order.")


def _error(status: int, code: str, message: str) -> Reply:
    fault = {"code": code, "message": message, "retriable": status >= 500, "request_id": str(uuid.uuid4())}
    return Reply(status, {"error": fault})


def main() -> None:
    options = arguments(__doc__.partition("\n")[0]).parse_args()
    shop = Shop(
        key_id=os.environ.get("ORDER_SOURCE_KEY_ID", "demo"),
        secret=os.environ.get("ORDER_SOURCE_SECRET", ""),
        desk_url=os.environ.get("DESK_URL", ""),
        event_secret=os.environ.get("EVENT_SECRET", ""),
    )
    run(shop, host=options.host, port=options.port)


if __name__ == "__main__":
    main()
