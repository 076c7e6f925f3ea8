"""What the demo shop has sold: its orders as they are now, made of the demo's fixtures when it starts."""

import copy
import json
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

DEMO = Path(__file__).resolve().parents[3] / "fixtures" / "demo"
CURRENCY = "CNY"
VERSIONS = {"pending": 1, "paid": 2, "cancelled": 2, "shipped": 3, "delivered": 4, "completed": 5}

Body = dict[str, Any]


class Books:
    """Orders by number, newest first, and the catalogue. Changes are made by one thread at a time."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.catalogue = {item["sku"]: item for item in _read("products")}
        self.load()

    def load(self) -> None:
        """Back to the fixtures, with times as of now."""
        content = _read("orders")
        now = datetime.now(UTC).replace(microsecond=0)
        self.buyers = {buyer["name"]: buyer for buyer in content["buyers"]}
        self.orders: dict[str, Body] = {}
        for row in sorted(content["orders"], key=lambda row: row["hours_ago"]):
            self.orders[row["no"]] = self._order(row, now)

    def _order(self, row: Body, now: datetime) -> Body:
        buyer = self.buyers[row["buyer"]]
        placed = now - timedelta(hours=row["hours_ago"])
        paid_at = placed + timedelta(minutes=4) if row.get("channel") else None
        items = [self._item(sku, qty, buyer["locale"]) for sku, qty in row["lines"]]
        amounts = _amounts(row, items, paid=bool(paid_at))
        order = {
            "order_no": row["no"],
            "status": row["status"],
            "created_at": _text(placed),
            "paid_at": _text(paid_at),
            "buyer": {
                "id": buyer["id"],
                "name": buyer["name"],
                "phone_masked": masked(buyer["phone"]),
                "email": buyer["email"],
            },
            "items": items,
            "amounts": {name: _money(amount) for name, amount in amounts.items()},
            "payments": [],
            "shipments": [_shipment(row["parcel"], now)] if "parcel" in row else [],
            "address": buyer["address"] | {"name": buyer["name"]},
            "version": VERSIONS.get(row["status"], 6),
        }
        if paid_at:
            order["payments"] = [_payment(row["no"], row["channel"], amounts["paid"], paid_at)]
        order["updated_at"] = _text(_last_change(row, placed, now))
        return order

    def _item(self, sku: str, qty: int, locale: str) -> Body:
        product = self.catalogue[sku]
        return {
            "sku": sku,
            "title": product["name"].get(locale) or product["name"]["en"],
            "qty": qty,
            "unit_price": _money(Decimal(product["price"])),
            "image_url": picture(sku),
        }

    def get(self, number: str) -> Body | None:
        """A copy of the order."""
        with self.lock:
            return copy.deepcopy(self.orders.get(number))

    def find(self, *, buyer_id: str = "", phone: str = "", email: str = "", q: str = "") -> list[Body]:
        """Orders that match all that is given, the newest first."""
        with self.lock:
            found = [copy.deepcopy(order) for order in self.orders.values()]
        if buyer_id:
            found = [order for order in found if order["buyer"]["id"] == buyer_id]
        if email:
            found = [order for order in found if order["buyer"]["email"].lower() == email.lower()]
        if phone:
            found = [order for order in found if self._has_phone(order, phone)]
        if q:
            found = [order for order in found if q.lower() in _words(order).lower()]
        return sorted(found, key=lambda order: order["created_at"], reverse=True)

    def _has_phone(self, order: Body, phone: str) -> bool:
        """The whole number, with or without its country code."""
        asked, own = _digits(phone).lstrip("0"), _digits(self.buyers[order["buyer"]["name"]]["phone"])
        return len(asked) >= 7 and own.endswith(asked)

    def create(self, row: Body) -> Body:
        """A new order of a buyer of the fixtures, in the fixtures' shape."""
        with self.lock:
            number = row.get("no") or f"LL{max(int(no[2:]) for no in self.orders) + 1}"
            given = {"hours_ago": 0, "shipping": "0.00", "discount": "0.00", "status": "pending", **row}
            self.orders[number] = self._order({**given, "no": number}, datetime.now(UTC))
            return copy.deepcopy(self.orders[number])

    def change(self, number: str, status: str, **parts: Any) -> Body:
        """The order in its new state, one version later. A clock keeps versions growing over restarts."""
        with self.lock:
            order = self.orders[number]
            now = datetime.now(UTC)
            order.update(parts, status=status, updated_at=_text(now))
            order["version"] = max(order["version"] + 1, int(time.time()))
            return copy.deepcopy(order)

    def pay(self, number: str) -> Body:
        """The whole sum, now."""
        order = self.orders[number]
        amounts = {name: Decimal(money["amount"]) for name, money in order["amounts"].items()}
        due = amounts["goods"] + amounts["shipping"] - amounts["discount"]
        now = datetime.now(UTC)
        paid = {**order["amounts"], "paid": _money(due)}
        payments = [_payment(number, "alipay", due, now)]
        return self.change(number, "paid", amounts=paid, payments=payments, paid_at=_text(now))

    def ship(self, number: str, *, carrier: str, tracking_no: str) -> Body:
        """A first parcel, or one more."""
        parcel = {
            "carrier": carrier,
            "tracking_no": tracking_no,
            "status": "info_received",
            "shipped_at": _text(datetime.now(UTC)),
        }
        return self.change(number, "shipped", shipments=[*self.orders[number]["shipments"], parcel])

    def deliver(self, number: str) -> Body:
        """All parcels are there."""
        arrived = [{**parcel, "status": "delivered"} for parcel in self.orders[number]["shipments"]]
        return self.change(number, "delivered", shipments=arrived)

    def refund(self, number: str, total: Decimal) -> Body:
        """``total`` is all that has been paid back so far."""
        order = self.orders[number]
        everything = total >= Decimal(order["amounts"]["paid"]["amount"])
        status = "refunded" if everything else order["status"]
        return self.change(number, status, amounts={**order["amounts"], "refunded": _money(total)})


def picture(sku: str) -> str:
    """Where the demo shop has the picture of an article."""
    return f"/static/img/shop/{sku.lower()}.svg"


def masked(phone: str) -> str:
    """``+86 100 0000 0101`` as ``+86 100****0101``; the shop never gives a whole number away."""
    country, _, number = phone.partition(" ") if phone.startswith("+") else ("", "", phone)
    digits = _digits(number)
    shown = f"{digits[:3]}****{digits[-4:]}"
    return f"{country} {shown}".strip()


def _amounts(row: Body, items: list[Body], *, paid: bool) -> dict[str, Decimal]:
    goods = sum((Decimal(item["unit_price"]["amount"]) * item["qty"] for item in items), Decimal(0))
    due = goods + Decimal(row["shipping"]) - Decimal(row["discount"])
    settled = due if paid else Decimal(0)
    given_back = settled if row.get("refunded") == "all" else Decimal(row.get("refunded", 0))
    return {
        "goods": goods,
        "shipping": Decimal(row["shipping"]),
        "discount": Decimal(row["discount"]),
        "paid": settled,
        "refunded": given_back,
    }


def _payment(number: str, channel: str, amount: Decimal, at: datetime) -> Body:
    return {"channel": channel, "payment_ref": f"{channel}-{number}", "paid": _money(amount), "at": _text(at)}


def _shipment(parcel: Body, now: datetime) -> Body:
    shipped = now - timedelta(hours=parcel["shipped_hours_ago"])
    named = {key: parcel[key] for key in ("carrier", "tracking_no", "status")}
    return {**named, "shipped_at": _text(shipped)}


def _last_change(row: Body, placed: datetime, now: datetime) -> datetime:
    hours = row.get("parcel", {}).get("last_hours_ago")
    return now - timedelta(hours=hours) if hours is not None else placed + timedelta(minutes=4)


def _words(order: Body) -> str:
    """What a search looks through."""
    buyer = order["buyer"]
    parcels = [parcel["tracking_no"] for parcel in order["shipments"]]
    return "\n".join([order["order_no"], buyer["name"], buyer["email"], *parcels])


def _money(amount: Decimal) -> dict[str, str]:
    return {"amount": f"{amount:.2f}", "currency": CURRENCY}


def _text(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _read(name: str) -> Any:
    return json.loads((DEMO / f"{name}.json").read_text(encoding="utf-8"))
