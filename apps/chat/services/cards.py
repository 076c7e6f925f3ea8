"""Order and product cards: what the sender names, the server fills in."""

from typing import Any

from apps.access import services as access
from apps.access.actors import Actor
from apps.chat.enums import MessageKind
from apps.chat.log import Draft
from apps.chat.models import ChatSession
from apps.common.errors import Invalid
from apps.orders import cards
from apps.orders.errors import UnknownOrder, UnknownProduct
from apps.orders.permissions import OrderAction

CARDS = frozenset({MessageKind.ORDER_CARD, MessageKind.PRODUCT_CARD})


def filled_card(session: ChatSession, draft: Draft, *, actor: Actor) -> Draft:
    """The draft with the facts of the order ``payload.order_no`` or the article ``payload.sku``.

    What customers send stays what they said, except for an article of the catalogue. Raises ``Invalid`` for
    staff and the robot who name nothing that is known, ``AccessDenied`` for staff who may not read orders.
    """
    if actor.actor_kind == "user":
        access.require(actor, OrderAction.READ)
    payload = _card(draft, session.locale)
    by_customer = actor.actor_kind == "customer"
    if by_customer and (payload is None or draft.kind == MessageKind.ORDER_CARD):
        return draft
    if payload is None:
        error = UnknownOrder if draft.kind == MessageKind.ORDER_CARD else UnknownProduct
        raise Invalid(error.default_detail)
    kept = {} if by_customer or actor.actor_kind == "user" else draft.payload
    return Draft(draft.kind, draft.body or _preview(payload), {**kept, **payload}, draft.internal)


def _card(draft: Draft, locale: str) -> dict[str, Any] | None:
    if draft.kind == MessageKind.ORDER_CARD:
        order = cards.order_card(str(draft.payload.get("order_no", "")), locale=locale)
        return dict(order) if order else None
    product = cards.product_card(str(draft.payload.get("sku", "")), locale=locale)
    return dict(product) if product else None


def _preview(payload: dict[str, Any]) -> str:
    """What lists show of the card, and clients that cannot draw one."""
    return str(payload.get("order_no") or payload.get("title") or "")
