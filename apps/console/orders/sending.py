"""Sending an order or an article into a chat as a card."""

import json
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.access import services as access
from apps.chat import services as chat
from apps.chat.enums import MessageKind
from apps.chat.models import ChatSession
from apps.common.errors import DomainError
from apps.console.cards import visible_chat
from apps.console.orders.card import offers
from apps.console.pages import done
from apps.console.preferences import StaffRequest, console_view
from apps.orders import selectors
from apps.orders.models import Product
from apps.orders.permissions import OrderAction

PRODUCTS = 30
ONE_PRESS_S = 10  # seconds in which a second press means the same card
SAY = {MessageKind.ORDER_CARD: _("Order card sent"), MessageKind.PRODUCT_CARD: _("Product card sent")}


@require_safe
@console_view
def pick(request: StaffRequest, public_id: str) -> HttpResponse:
    """Articles and the customer's orders to choose from; only the articles while somebody types."""
    access.require(request.user, OrderAction.READ)
    session = visible_chat(request, public_id)
    query = request.GET.get("q", "").strip()[:100]
    context = {"session": session, "products": _products(request, session, query), "query": query}
    if "q" in request.GET:
        return render(request, "console/orders/_products.html", context)
    context["orders"] = list(selectors.orders_of(session.customer)[:5])
    return render(request, "console/orders/pick.html", {**context, **offers(request, session)})


def _products(request: StaffRequest, session: ChatSession, query: str) -> list[dict[str, Any]]:
    """In the language of the chat; those of the page's category first."""
    found = Product.objects.visible_to(request.user).on_sale().search(query)[:PRODUCTS]
    near = sorted(found, key=lambda product: product.category != session.product_category)
    return [{"product": product, "title": product.title(session.locale)} for product in near]


@require_POST
@console_view
def send_card(request: StaffRequest, public_id: str) -> HttpResponse:
    """Post ``order_no`` or ``sku`` as a card. Two presses in a row are one message."""
    session = visible_chat(request, public_id)
    kind, payload = _named(request)
    try:
        chat.post_message(session, actor=request.user, ref=_ref(session, payload), kind=kind, payload=payload)
    except DomainError as error:
        return JsonResponse({"detail": error.detail, "code": error.code}, status=error.status)
    return done(say=str(SAY[kind]))


def _named(request: StaffRequest) -> tuple[MessageKind, dict[str, str]]:
    if order_no := request.POST.get("order_no", ""):
        return MessageKind.ORDER_CARD, {"order_no": order_no}
    return MessageKind.PRODUCT_CARD, {"sku": request.POST.get("sku", "")}


def _ref(session: ChatSession, payload: dict[str, str]) -> UUID:
    moment = int(timezone.now().timestamp()) // ONE_PRESS_S
    return uuid5(NAMESPACE_URL, f"card:{session.public_id}:{json.dumps(payload)}:{moment}")
