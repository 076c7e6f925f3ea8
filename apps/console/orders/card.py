"""The card beside a chat: the customer's orders, or those that the agent searches for."""

from typing import Any

from apps.access import services as access
from apps.access import viewing
from apps.audit import services as audit
from apps.chat.models import ChatSession
from apps.chat.services import speaks_in
from apps.console.preferences import StaffRequest
from apps.orders import services
from apps.orders.permissions import OrderAction
from apps.orders.services.lookup import Found
from apps.orders.sources import configured
from apps.refunds.permissions import RefundAction

QUERY_MAX = 100  # characters


def orders_card(request: StaffRequest, session: ChatSession) -> dict[str, Any]:
    """What the card shows. The shop is asked here, so the page never waits for it."""
    if not access.can(request.user, OrderAction.READ):
        return {"denied": True}
    query = request.GET.get("q", "").strip()[:QUERY_MAX]
    if query:
        audit.record_search(actor=request.user, action=OrderAction.READ, query=query)
    else:
        audit.record_read(actor=request.user, action=OrderAction.READ, target=session.customer)
    return {
        "found": found_for(request, session, query),
        "query": query,
        "hints": [] if query else hints(session),
        "connected": configured(),
        **offers(request, session),
    }


def found_for(request: StaffRequest, session: ChatSession, query: str) -> Found:
    """Orders that match ``query``; the customer's own where there is none."""
    if query:
        return services.find_orders(request.user, q=query)
    return services.find_orders(request.user, customer=session.customer)


def hints(session: ChatSession) -> list[str]:
    """What the customer said about themselves, to search by: typed, so it proves nothing.

    Nothing for whoever sees it masked: a search needs the whole.
    """
    if viewing.is_masked():
        return []
    return [value for value in (session.customer.email, session.customer.phone) if value]


def offers(request: StaffRequest, session: ChatSession) -> dict[str, bool]:
    """What can be done with an order from this chat."""
    return {
        "may_send": session.is_open and speaks_in(session, request.user),
        "may_refund": access.can(request.user, RefundAction.REQUEST),
    }
