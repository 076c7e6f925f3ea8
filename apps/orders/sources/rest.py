"""The shop's orders over our own REST contract: signed requests, tagged answers, a breaker."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
from django.core.cache import cache

from apps.common.http import Answer, Outside, Unreachable
from apps.common.money import Money
from apps.common.signing import hmac_signer
from apps.orders.errors import SourceRefused
from apps.orders.models.orders import SHOP
from apps.orders.sources.base import SEARCH_LIMIT, SourceOrder, SourceProduct
from apps.orders.sources.reading import is_order_number, read_order, read_orders, read_product

FRESH_S = 60  # an answer is believed for so long
KEPT_S = 3600  # and kept for so long, to be asked about by its tag
TIMEOUT = httpx.Timeout(2.5, connect=1.5)  # an agent waits for it, twice at most
PAGE = 100
PAGES = 50
NO_ADDRESS = "NOT_FOUND"  # the shop has no such path at all: we are set up wrongly

Read = TypeVar("Read")


class RestSource:
    """One shop. Answers are shared by all processes through the cache."""

    def __init__(self, url: str, *, key_id: str, secret: str, name: str = SHOP) -> None:
        self.name = name
        self.key_id, self.secret = key_id, secret
        self.outside = Outside(f"orders:{name}", url, timeout=TIMEOUT)

    def get(self, order_no: str, *, fresh: bool = False) -> SourceOrder | None:
        """The order, or None when there is none; ``fresh`` asks though the last answer is young."""
        if not is_order_number(order_no):
            return None
        return self._read(_path(order_no), read=read_order, fresh=fresh)

    def search(
        self, *, q: str = "", phone: str = "", email: str = "", buyer_id: str = ""
    ) -> list[SourceOrder]:
        """Orders that match all that is given, the newest first."""
        asked = {"q": q, "phone": phone, "email": email, "buyer_id": buyer_id}
        params = {name: value for name, value in asked.items() if value}
        found = self._read("/v1/orders", {**params, "limit": str(SEARCH_LIMIT)}, read=_orders)
        return found or []

    def products(self) -> list[SourceProduct]:
        """The catalogue, page by page."""
        found: list[SourceProduct] = []
        cursor = ""
        for _page in range(PAGES):
            params = {"limit": str(PAGE)} | ({"cursor": cursor} if cursor else {})
            some, cursor = self._read("/v1/products", params, read=_products, fresh=True) or ([], "")
            found += some
            if not cursor:
                break
        return found

    def report_refund(self, order_no: str, refund_no: str, amount: Money, status: str) -> None:
        """Tell the shop what became of a refund; the same number and status again changes nothing there."""
        body = json.dumps({"refund_no": refund_no, "amount": amount.as_json(), "status": status}).encode()
        path = f"{_path(order_no)}/refund-requests"
        key = f"{refund_no}:{status}"
        answer = self._call("POST", path, body=body, idempotency_key=key)
        if not answer.ok:
            raise _refusal(answer)
        self.forget(order_no)

    def forget(self, order_no: str) -> None:
        """Ask anew next time: the order is known to have changed."""
        cache.delete(self._key(_path(order_no), {}))

    def _read(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        read: Callable[[Any], Read],
        fresh: bool = False,
    ) -> Read | None:
        """What ``read`` makes of the answer to a GET; None for 404. Asks about what it knows with its tag."""
        key = self._key(path, params or {})
        known = _cached(key)
        if known and not fresh and known["young"]:
            return None if known["body"] is None else read(known["body"])
        tag = {"if-none-match": known["etag"]} if known and known["etag"] else {}
        answer = self._call("GET", path, params=params, headers=tag, attempts=2)
        if answer.status == 404 and _code(answer) != NO_ADDRESS:
            _keep(key, None, "")
            return None
        body, etag = answer.json(), answer.headers.get("etag", "")
        if answer.status == 304 and known:
            body, etag = known["body"], known["etag"]
        elif not answer.ok:
            raise _refusal(answer)
        result = read(body)  # what cannot be read is not kept
        _keep(key, body, etag)
        return result

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        idempotency_key: str = "",
        attempts: int = 1,
    ) -> Answer:
        sign = hmac_signer(self.key_id, self.secret, idempotency_key=idempotency_key)
        kind = {"content-type": "application/json"} if body else {}
        accept = {"accept": "application/json", **kind, **(headers or {})}
        answer = self.outside.call(
            method, path, params=params, body=body, headers=accept, sign=sign, attempts=attempts
        )
        if answer.status == 429 or answer.status >= 500:
            raise Unreachable(self.outside.name, f"HTTP {answer.status}", sent=True)
        return answer

    def _key(self, path: str, params: Mapping[str, str]) -> str:
        asked = json.dumps([str(self.outside.base_url), self.key_id, path, sorted(params.items())])
        return f"orders:{self.name}:{sha256(asked.encode()).hexdigest()}"


def _cached(key: str) -> dict[str, Any] | None:
    """What was answered last, ``young`` while it may be believed; None without a cache."""
    try:
        found = cache.get_many([key, f"{key}:young"])
    except Exception:
        return None
    return {**found[key], "young": f"{key}:young" in found} if key in found else None


def _keep(key: str, body: Any, etag: str) -> None:
    with suppress(Exception):  # without a cache every question goes to the shop
        cache.set(key, {"body": body, "etag": etag}, timeout=KEPT_S)
        cache.set(f"{key}:young", 1, timeout=FRESH_S)


def _path(order_no: str) -> str:
    return f"/v1/orders/{quote(order_no, safe='')}"


def _orders(body: Any) -> list[SourceOrder]:
    return read_orders(_items(body, "orders"))


def _products(body: Any) -> tuple[list[SourceProduct], str]:
    """Those of one page, and where the next begins."""
    return [read_product(item) for item in _items(body, "products")], str(body.get("next_cursor") or "")


def _items(body: Any, name: str) -> list[Any]:
    items = body.get(name) if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise SourceRefused(reason="UNREADABLE")
    return items


def _code(answer: Answer) -> str:
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""


def _refusal(answer: Answer) -> SourceRefused:
    return SourceRefused(reason=_code(answer) or f"HTTP_{answer.status}")
