"""How the robot tells of an order: what is known, from when it is, and what may honestly be expected."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.dateformat import format as format_date
from django.utils.timesince import timesince

from apps.knowledge.enums import FaqLanguage
from apps.orders.carrier_names import carrier_name
from apps.orders.enums import OrderStatus, ShipmentStatus
from apps.orders.models import Order, Shipment

OLD_COPY = timedelta(minutes=10)  # from then on its age is said
STUCK_AFTER = timedelta(days=5)  # without a scan on the way: no robot can say more
# A human has to act on these.
LOST = frozenset(
    {ShipmentStatus.EXCEPTION, ShipmentStatus.EXPIRED, ShipmentStatus.RETURNING, ShipmentStatus.RETURNED}
)
MOVING = frozenset({ShipmentStatus.IN_TRANSIT, ShipmentStatus.CUSTOMS, ShipmentStatus.INFO_RECEIVED})

_ENGLISH = {
    "order_pending": "Order {no} has not been paid yet, so it is not being packed.",
    "order_paid": "Order {no} is paid and being prepared. It has not been handed to a carrier yet.",
    "order_cancelled": "Order {no} was cancelled, so nothing is on its way.",
    "order_refunding": "Order {no} is being refunded.",
    "order_refunded": "Order {no} has been refunded.",
    "order_shipped": "Order {no} has left our warehouse; the carrier has not reported it yet.",
    "order_delivered": "Order {no} is marked as delivered.",
    "order_completed": "Order {no} is completed.",
    "order_unknown": "Order {no} is in our system, but I cannot tell its state.",
    "parcel_pending": "{carrier} has the parcel announced; there is no scan yet.",
    "parcel_info_received": (
        "{carrier} has been told of the parcel but has not scanned it yet. That usually takes a day."
    ),
    "parcel_in_transit": "The parcel is on its way with {carrier}.",
    "parcel_customs": "The parcel is at customs. That can take some days, and we cannot speed it up.",
    "parcel_out_for_delivery": "The parcel is out for delivery with {carrier}; it should come today.",
    "parcel_available_for_pickup": "The parcel waits for you at the pick-up point of {carrier}.",
    "parcel_attempt_failed": (
        "{carrier} tried to deliver the parcel and could not. They usually try again on the next working "
        "day; please keep your phone near."
    ),
    "parcel_delivered": (
        "The parcel was delivered. If you do not have it, tell me “human” and a colleague will look into "
        "it."
    ),
    "parcel_returning": "The parcel is on its way back to us.",
    "parcel_returned": "The parcel came back to us.",
    "parcel_exception": "Something went wrong with the parcel on its way.",
    "parcel_expired": "There has been no news of the parcel for a long time.",
    "scan": "Last scan {ago} ago{place}: {text}",
    "place": " in {place}",
    "eta": "{carrier} expects it on {day}.",
    "no_eta": "{carrier} gives no date; within the country it is mostly there 1–3 days after such a scan.",
    "stuck": "It has not moved for {ago}; that is longer than usual.",
    "old": "The shop system does not answer right now; this is what was known {ago} ago.",
    "refunded": (
        "{amount} of order {no} has been refunded to the way you paid. Banks take up to 5 working days to "
        "show it."
    ),
    "refunding": "The refund of order {no} is being worked on. We tell you as soon as the money has left.",
    "day": "l j F",
}  # fmt: skip
_CHINESE = {
    "order_pending": "订单{no}还没有付款，所以暂未备货。",
    "order_paid": "订单{no}已付款，正在备货，还没有交给快递。",
    "order_cancelled": "订单{no}已取消，没有在途的包裹。",
    "order_refunding": "订单{no}正在退款中。",
    "order_refunded": "订单{no}已退款。",
    "order_shipped": "订单{no}已出库，快递还没有更新记录。",
    "order_delivered": "订单{no}显示已送达。",
    "order_completed": "订单{no}已完成。",
    "order_unknown": "查到了订单{no}，但暂时看不到它的状态。",
    "parcel_pending": "已通知{carrier}揽收，暂时没有扫描记录。",
    "parcel_info_received": "{carrier}已收到下单信息，还没有揽收，一般一天内会更新。",
    "parcel_in_transit": "包裹正由{carrier}运输中。",
    "parcel_customs": "包裹正在清关，可能需要几天，这一步我们无法加快。",
    "parcel_out_for_delivery": "{carrier}正在派送，预计今天送到。",
    "parcel_available_for_pickup": "包裹已到{carrier}自提点，等您取件。",
    "parcel_attempt_failed": "{carrier}派送未成功，一般下一个工作日会再次派送，请留意电话。",
    "parcel_delivered": "包裹已签收。如果您没有收到，回复“人工”，同事会帮您核实。",
    "parcel_returning": "包裹正在退回。",
    "parcel_returned": "包裹已退回仓库。",
    "parcel_exception": "包裹在途中出现了异常。",
    "parcel_expired": "包裹已经很久没有物流更新了。",
    "scan": "最近一次扫描（{ago}前{place}）：{text}",
    "place": "，{place}",
    "eta": "{carrier}预计{day}送到。",
    "no_eta": "{carrier}没有给出预计时间，国内一般再过1–3天送到。",
    "stuck": "物流已经{ago}没有更新，比平时久。",
    "old": "商城系统暂时没有响应，以下是{ago}前的信息。",
    "refunded": "订单{no}已退款{amount}，原路退回，银行入账最多需要5个工作日。",
    "refunding": "订单{no}的退款正在处理，款项退出后会马上通知您。",
    "day": "n月j日",
}  # fmt: skip
_WORDS = {FaqLanguage.ENGLISH: _ENGLISH, FaqLanguage.CHINESE: _CHINESE}


@dataclass(frozen=True)
class Told:
    """The words about an order, and whether a human has to act."""

    text: str
    trouble: bool


def tell_parcel(order: Order, lang: str, *, now: datetime) -> Told:
    """Where the order and its parcels are. ``order`` comes with its parcels loaded, or loads them."""
    with translation.override(lang):
        say, parcels = _speaker(lang), list(order.shipments.all())
        parts = _age(order, say, now)
        if not parcels or order.status in (OrderStatus.CANCELLED, OrderStatus.REFUNDED):
            parts.append(say(f"order_{order.status}", no=order.order_no))
            return Told("\n".join(parts), trouble=False)
        for parcel in parcels:
            parts += _parcel(parcel, say, now)
        return Told("\n".join(parts), trouble=any(needs_human(parcel, now) for parcel in parcels))


def tell_refund(order: Order, lang: str, *, now: datetime) -> Told:
    """How the refund of an order stands; ``trouble`` when there is none to tell of."""
    with translation.override(lang):
        say, parts = _speaker(lang), _age(order, _speaker(lang), now)
        if order.refunded_amount:
            amount = str(order.refunded)
            return Told("\n".join([*parts, say("refunded", no=order.order_no, amount=amount)]), trouble=False)
        if order.status == OrderStatus.REFUNDING:
            return Told("\n".join([*parts, say("refunding", no=order.order_no)]), trouble=False)
        return Told("\n".join(parts), trouble=True)


def needs_human(parcel: Shipment, now: datetime) -> bool:
    """Whether the robot's words do not help: lost, on its way back, or without a scan for days."""
    return parcel.status in LOST or _is_stuck(parcel, now)


def _parcel(parcel: Shipment, say: Callable[..., str], now: datetime) -> list[str]:
    carrier = f"{carrier_name(parcel.carrier)} {parcel.tracking_no}".strip()
    parts = [say(f"parcel_{parcel.status}", carrier=carrier)]
    if parcel.last_text and parcel.last_event_at:
        place = say("place", place=parcel.last_location) if parcel.last_location else ""
        parts.append(say("scan", ago=_ago(parcel.last_event_at, now), place=place, text=parcel.last_text))
    if _is_stuck(parcel, now):
        return [*parts, say("stuck", ago=_ago(_last_sign(parcel) or now, now))]
    return parts + _expectation(parcel, say, now)


def _expectation(parcel: Shipment, say: Callable[..., str], now: datetime) -> list[str]:
    """A date only where the carrier gave one that is still ahead."""
    if parcel.status not in MOVING:
        return []
    name = carrier_name(parcel.carrier)
    if parcel.eta and parcel.eta > now:
        return [say("eta", carrier=name, day=format_date(timezone.localtime(parcel.eta), say("day")))]
    return [say("no_eta", carrier=name)] if parcel.status == ShipmentStatus.IN_TRANSIT else []


def _is_stuck(parcel: Shipment, now: datetime) -> bool:
    last = _last_sign(parcel)
    return parcel.status in MOVING and last is not None and now - last > STUCK_AFTER


def _last_sign(parcel: Shipment) -> datetime | None:
    return parcel.last_event_at or parcel.shipped_at


def _age(order: Order, say: Callable[..., str], now: datetime) -> list[str]:
    return [say("old", ago=_ago(order.synced_at, now))] if now - order.synced_at > OLD_COPY else []


def _ago(then: datetime, now: datetime) -> str:
    return timesince(then, now, depth=1).replace("\xa0", " ")


def _speaker(lang: str) -> Callable[..., str]:
    words = _WORDS[FaqLanguage(lang)]
    return lambda name, **values: words[name].format(**values) if values else words[name]
