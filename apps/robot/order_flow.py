"""Questions about an order: whose it is has to be proven, by the shop's own word or by number and digits.

A wrong number and wrong digits get the same answer after the same time (``orders.services.verify``). After three
of them, or when too many were tried by anybody, a human takes over. Reads only; it calls the shop.
"""

import logging
from datetime import datetime

from django.conf import settings

from apps.access.actors import ROBOT
from apps.chat.models import ChatSession
from apps.common.errors import DomainError, RateLimited
from apps.customers.enums import IdentityKind
from apps.orders import services as orders
from apps.orders.enums import OrderStatus
from apps.orders.models import Order
from apps.orders.selectors import orders_of
from apps.orders.services.lookup import normal_number
from apps.robot.enums import FlowKind, HandOffReason, TurnOutcome
from apps.robot.models import RobotFlow
from apps.robot.order_words import OrderWords, read
from apps.robot.parcel_words import tell_parcel, tell_refund
from apps.robot.phrases import say
from apps.robot.replies import FlowState, Reply, choices, hand_off
from apps.robot.selectors import Heard

logger = logging.getLogger(__name__)

MISSES = 3
OFFERED = 4  # of a known customer's orders
OVER = (OrderStatus.CANCELLED, OrderStatus.COMPLETED, OrderStatus.REFUNDED)


def reply_about_order(heard: Heard, *, now: datetime) -> Reply | None:
    """What to say when this is about an order; None when it is not, or no orders are known to the desk."""
    words = read(heard.text)
    flow = RobotFlow.objects.select_related("order").filter(session=heard.session_id).first()
    waiting = flow is not None and flow.is_open
    if not (words.kind or words.bare or (waiting and (words.number or words.tail or words.does_not_know))):
        return None
    if not waiting and not _knows_orders():
        return None
    before = flow or RobotFlow(session_id=heard.session_id, kind=FlowKind.PARCEL, is_open=False)
    if not waiting and words.bare and not words.number:
        return None  # four digits out of the blue
    return _Talk(heard, words, before, now).reply()


def _knows_orders() -> bool:
    return bool(settings.ORDER_SOURCE.get("url")) or Order.objects.exists()


class _Talk:
    """One turn of the conversation about an order."""

    def __init__(self, heard: Heard, words: OrderWords, flow: RobotFlow, now: datetime) -> None:
        self.heard, self.words, self.now, self.lang = heard, words, now, heard.lang
        self.customer = ChatSession.objects.select_related("customer").get(pk=heard.session_id).customer
        self.kind = words.kind or FlowKind(flow.kind)
        self.known = flow.order
        self.misses = flow.misses
        # Digits alone belong to the number that was given before.
        self.number = normal_number(words.number or (flow.order_no if flow.is_open else ""))

    def reply(self) -> Reply:
        if self.known and self.number in ("", self.known.order_no):
            return self._tell(self.known)
        own = self._own_orders()
        if own:
            return self._about_own(own)
        if self.number and self.words.tail:
            return self._verify()
        return self._ask()

    def _own_orders(self) -> list[Order]:
        """The orders of a customer whom the shop has named, the newest first; asked of the shop where it answers."""
        customer = self.customer
        if not customer.identities.filter(kind=IdentityKind.SHOP).exists():
            return []
        try:
            return orders.find_orders(ROBOT, customer=customer, now=self.now).orders  # type: ignore[arg-type]
        except DomainError:
            logger.warning("The orders of a customer could not be looked up.", exc_info=True)
            return list(orders_of(customer))

    def _about_own(self, own: list[Order]) -> Reply:
        if self.number:
            mine = next((order for order in own if order.order_no == self.number), None)
            if mine:
                return self._tell(mine)
            return self._verify() if self.words.tail else self._ask()
        live = [order for order in own if order.status not in OVER] or own
        if len(live) == 1:
            return self._tell(live[0])
        numbers = [order.order_no for order in live[:OFFERED]]
        return self._asked(say("which_order", self.lang), choices(numbers))

    def _ask(self) -> Reply:
        if self.words.does_not_know and not self.number:
            return self._asked(say("where_number", self.lang))
        if self.number:
            return self._asked(say("ask_tail", self.lang, order_no=self.number))
        if self.words.tail:
            return self._asked(say("ask_number", self.lang))
        return self._asked(say("ask_order", self.lang))

    def _verify(self) -> Reply:
        try:
            key = f"customer:{self.customer.pk}"
            found = orders.verify(self.number, self.words.tail, key=key, now=self.now)
        except RateLimited:
            return self._give_up()
        if found is not None:
            return self._tell(found)
        self.misses += 1
        return self._give_up() if self.misses >= MISSES else self._asked(say("not_found", self.lang))

    def _give_up(self) -> Reply:
        flow = self._state(is_open=False)
        return hand_off(self.lang, HandOffReason.NOT_VERIFIED, flow=flow)

    def _tell(self, order: Order) -> Reply:
        order = self._fresh(order)
        tell = tell_refund if self.kind == FlowKind.REFUND else tell_parcel
        told = tell(order, self.lang, now=self.now)
        flow = FlowState(self.kind, is_open=False, order_no=order.order_no, order=order)
        if not told.trouble:
            payload = choices([])
            return Reply(TurnOutcome.ORDER_TOLD, told.text, payload, flow=flow, card=order)
        reason = HandOffReason.NO_REFUND if self.kind == FlowKind.REFUND else HandOffReason.PARCEL
        body = "\n".join(filter(None, [told.text, say(reason, self.lang)]))
        return hand_off(self.lang, reason, body=body, flow=flow, card=order, note=_note(order))

    def _fresh(self, order: Order) -> Order:
        """As the shop has it now, or the copy when it is away."""
        try:
            order = orders.refresh_order(order.order_no, fresh=False, now=self.now)
        except (DomainError, OSError) as error:
            logger.info("An order is told of from the mirror: %s", error)
        return Order.objects.whole().get(pk=order.pk)

    def _asked(self, body: str, payload: dict | None = None) -> Reply:
        return Reply(TurnOutcome.ORDER_ASKED, body, payload or choices([]), flow=self._state())

    def _state(self, *, is_open: bool = True) -> FlowState:
        return FlowState(self.kind, is_open, self.number, self.misses, None)


def _note(order: Order) -> str:
    """What the agent should know before the first word. In English, as all internal lines of the desk."""
    parcels = "; ".join(
        f"{parcel} – {parcel.get_status_display()}: {parcel.last_text or 'no scan'}"
        for parcel in order.shipments.all()
    )
    return f"Order {order.order_no} ({order.get_status_display()}), verified by the robot. {parcels}".strip()
