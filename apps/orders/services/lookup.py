"""Finding orders: for staff from the shop itself where it answers, for customers by what only they know."""

import hmac
import time
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access import viewing
from apps.access.models import User
from apps.common import throttle
from apps.common.errors import RateLimited
from apps.common.http import Unreachable
from apps.customers.models import Customer
from apps.orders import selectors
from apps.orders.errors import NoSource, SourceRefused, UnknownOrder
from apps.orders.models import Order
from apps.orders.ownership import accounts_of, verified_emails
from apps.orders.permissions import OrderAction
from apps.orders.services.mirror import in_order, mirror_order, mirror_orders
from apps.orders.sources import current_source
from apps.orders.sources.base import SEARCH_LIMIT

TRIES, WINDOW_S = 5, 600  # of guesses, for each guesser and for each number
DAY_S = 86_400
FAILED_OF_NUMBER, FAILED_OF_GUESSER = 20, 50  # wrong guesses in a day
BEAT_S = 0.25  # answers to guesses leave on this beat, whatever they took


@dataclass(frozen=True)
class Found:
    """Orders that match, and how far they can be trusted. ``stale`` ones come from the mirror alone."""

    orders: list[Order]
    stale: bool = False
    as_of: datetime | None = None  # the oldest copy among them; None without an order
    problem: str = ""  # for people: why the shop was not asked

    @classmethod
    def of(cls, orders: list[Order], *, problem: str = "") -> "Found":
        oldest = min((order.synced_at for order in orders), default=None)
        return cls(orders, stale=bool(problem), as_of=oldest, problem=problem)


def find_orders(
    user: User,
    *,
    q: str = "",
    order_no: str = "",
    phone: str = "",
    email: str = "",
    customer: Customer | None = None,
    now: datetime | None = None,
) -> Found:
    """Orders that match the one criterion given, the newest first: from the shop, or from the mirror when it is away.

    ``q`` is anything an agent types: a number, a phone number, an e-mail address or a name. Calls out: never in a
    transaction. Raises ``AccessDenied``.
    """
    access.require(user, OrderAction.READ)
    asked = {"order_no": order_no, "phone": phone, "email": email} if not q else classified(q)
    if viewing.is_masked():
        asked = _whole(asked)
    try:
        if customer is not None:
            return Found.of(_seen(user, _of_customer(customer, now)))
        return Found.of(_seen(user, _from_source(asked, now)))
    except (Unreachable, SourceRefused, NoSource) as error:
        return Found.of(_seen(user, _from_mirror(user, asked, customer)), problem=_explain(error))


def _seen(user: User, orders: list[Order]) -> list[Order]:
    """Those that ``user`` may read: what comes from the shop was not asked for by row."""
    keys = [order.pk for order in orders]
    seen = set(Order.objects.visible_to(user).filter(pk__in=keys).values_list("pk", flat=True))
    return [order for order in orders if order.pk in seen]


def classified(text: str) -> dict[str, str]:
    """What an agent typed, as the criterion that it most likely is."""
    text = unicodedata.normalize("NFKC", text).strip()
    digits = _digits(text)
    if "@" in text:
        return {"email": text}
    if len(digits) >= 7 and not any(letter.isalpha() for letter in text):
        return {"phone": text}
    return {"q": text}


def _whole(asked: dict[str, str]) -> dict[str, str]:
    """Only what has to be known whole, so that a search finds nothing out: what may be a name is taken for a number."""
    if asked.get("q"):
        return {"order_no": asked["q"]}
    phone = asked.get("phone", "")
    return asked if len(_digits(phone)) in (0, *range(10, 16)) else {"order_no": phone}


def _from_source(asked: dict[str, str], now: datetime | None) -> list[Order]:
    source = current_source()
    if asked.get("order_no"):
        found = source.get(normal_number(asked["order_no"]))
        return mirror_orders([found] if found else [], now=now)
    given = {name: value for name, value in asked.items() if value}
    return mirror_orders(source.search(**given) if given else [], now=now)


def _of_customer(customer: Customer, now: datetime | None) -> list[Order]:
    """The orders of somebody's accounts and verified addresses; with none of these there are none."""
    source = current_source()
    found = [order for account in accounts_of(customer) for order in source.search(buyer_id=account)]
    found += [order for email in verified_emails(customer) for order in source.search(email=email)]
    mirror_orders(list({order.order_no: order for order in found}.values()), now=now)
    return list(selectors.orders_of(customer)[:SEARCH_LIMIT])


def _from_mirror(user: User, asked: dict[str, str], customer: Customer | None) -> list[Order]:
    if customer is not None:
        return list(selectors.orders_of(customer)[:SEARCH_LIMIT])
    if asked.get("order_no"):
        asked = asked | {"order_no": normal_number(asked["order_no"])}
    return list(selectors.mirrored(user, **asked)[:SEARCH_LIMIT])


def _explain(error: Unreachable | SourceRefused | NoSource) -> str:
    if isinstance(error, Unreachable):
        return _("The order service did not answer.")
    return error.detail


def order_now(user: User, order_no: str, *, fresh: bool = False, now: datetime | None = None) -> Found:
    """One order, asked for by its number; ``fresh`` asks the shop though it answered a moment ago.

    Raises ``AccessDenied``, ``UnknownOrder`` when there is none that they may read, or none that anybody
    knows of while the shop is away.
    """
    access.require(user, OrderAction.REFRESH if fresh else OrderAction.READ)
    try:
        refreshed = refresh_order(order_no, fresh=fresh, now=now)
        found = Found.of(_seen(user, in_order([refreshed.order_no])))
    except (Unreachable, SourceRefused, NoSource) as error:
        found = Found.of(_seen(user, in_order([normal_number(order_no)])), problem=_explain(error))
    if not found.orders:
        raise UnknownOrder()
    return found


def refresh_order(
    order_no: str, *, fresh: bool = True, news: bool = False, now: datetime | None = None
) -> Order:
    """Ask the shop for an order and mirror it. Calls out: never in a transaction.

    Raises ``UnknownOrder``, ``NoSource``, ``Unreachable`` or ``SourceRefused``.
    """
    found = current_source().get(normal_number(order_no), fresh=fresh)
    if found is None:
        raise UnknownOrder()
    return mirror_order(found, news=news, now=now)


def verify(order_no: str, phone_tail: str, *, key: str, now: datetime | None = None) -> Order | None:
    """The order, when the last four digits of its buyer's phone number are ``phone_tail``; otherwise None.

    A wrong number and wrong digits are not told apart: neither by the answer nor by the time it takes. ``key`` is
    who guesses (``"customer:7"``): 5 guesses in 10 minutes each, and 5 for each order number; and so few wrong ones
    in a day that no patience finds four digits. While the shop is away the mirror decides. Calls out: never in a
    transaction. Raises ``RateLimited``.
    """
    number, tail = normal_number(order_no), _digits(phone_tail)
    began = time.monotonic()
    try:
        _require_tries(key, number)
        order = _known(number, now)
        wanted = order.phone_tail if order else ""
        matches = hmac.compare_digest(wanted.encode(), tail.encode())
        if order and len(tail) == len(wanted) == 4 and matches:
            return order
        _count_failure(key, number)
        return None
    finally:
        _wait_for_beat(began)


def _require_tries(key: str, number: str) -> None:
    """Both are counted, whichever is exhausted: the refusal says nothing about the number.

    Where they cannot be counted nobody may guess.
    """
    limits = [f"orders.verify:by:{key}", f"orders.verify:no:{number}"]
    allowed = [throttle.allow(name, limit=TRIES, window_s=WINDOW_S, when_away=False) for name in limits]
    failed = [throttle.used(name) >= limit for name, limit in _failures(key, number).items()]
    if not all(allowed) or any(failed):
        raise RateLimited(retry_after=WINDOW_S)


def _count_failure(key: str, number: str) -> None:
    for name, limit in _failures(key, number).items():
        throttle.allow(name, limit=limit, window_s=DAY_S)


def _failures(key: str, number: str) -> dict[str, int]:
    """The day's counters of wrong guesses, and how far each may go."""
    return {
        f"orders.verify:failed:by:{key}": FAILED_OF_GUESSER,
        f"orders.verify:failed:no:{number}": FAILED_OF_NUMBER,
    }


def _known(number: str, now: datetime | None) -> Order | None:
    try:
        refresh_order(number, fresh=False, now=now)
    except UnknownOrder:
        return None
    except (Unreachable, SourceRefused, NoSource):
        pass  # the mirror's copy is as good as it gets
    return next(iter(in_order([number])), None)


def _wait_for_beat(began: float) -> None:
    passed = time.monotonic() - began
    time.sleep(BEAT_S - passed % BEAT_S)


def normal_number(text: str) -> str:
    """An order number as shops print it: no spaces, no leading "#", capital letters, plain digits."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lstrip("#").upper()[:64]


def _digits(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char.isdigit())
