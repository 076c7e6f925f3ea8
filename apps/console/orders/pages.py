"""Pages about orders: looking one up, and everything about one."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.access import services as access
from apps.audit import services as audit
from apps.console.pages import done, render_page
from apps.console.preferences import StaffRequest, console_view
from apps.orders import selectors, services
from apps.orders.errors import UnknownOrder
from apps.orders.models import Order
from apps.orders.permissions import OrderAction
from apps.orders.services.lookup import Found
from apps.refunds.models import Refund
from apps.refunds.permissions import RefundAction

NEWEST = 50


@require_safe
@console_view
def order_list(request: StaffRequest) -> HttpResponse:
    """Look-up by number, phone, e-mail or name; without one the newest that the desk knows of."""
    query = request.GET.get("q", "").strip()[:100]
    access.require(request.user, OrderAction.READ)
    if query:
        found = services.find_orders(request.user, q=query)
        audit.record_search(actor=request.user, action=OrderAction.READ, query=query)
    else:
        found = Found(list(selectors.newest(request.user)[:NEWEST]))
    context = {"found": found, "query": query}
    return render_page(
        request, "console/orders/list.html", context, place="", part="console/orders/_rows.html"
    )


@require_safe
@console_view
def order_page(request: StaffRequest, order_no: str) -> HttpResponse:
    """One order with its parcels, payments and refunds. That it was read is on record."""
    found = _found(request, order_no)
    order = found.orders[0]
    if not request.htmx:  # type: ignore[attr-defined]
        audit.record_read(actor=request.user, action=OrderAction.READ, target=order)
    return render_page(
        request,
        "console/orders/order.html",
        _context(request, order, found),
        place="",
        part="console/orders/_order.html",
    )


def _found(request: StaffRequest, order_no: str) -> Found:
    try:
        return services.order_now(request.user, order_no)
    except UnknownOrder as error:
        raise Http404(str(error)) from error


def _context(request: StaffRequest, order: Order, found: Found) -> dict[str, Any]:
    refunds = Refund.objects.visible_to(request.user).filter(order=order).order_by("-pk")
    return {
        "order": order,
        "found": found,
        "lines": list(order.lines.all()),
        "parcels": list(order.shipments.prefetch_related("events")),
        "payments": list(order.payments.all()),
        "refunds": list(refunds.select_related("requested_by")[:NEWEST]),
        "may_refund": access.can(request.user, RefundAction.REQUEST),
        "may_refresh": access.can(request.user, OrderAction.REFRESH),
    }


@require_POST
@console_view
def refresh(request: StaffRequest, order_no: str) -> HttpResponse:
    """Ask the shop anew."""
    try:
        found = services.order_now(request.user, order_no, fresh=True)
    except UnknownOrder as error:
        raise Http404(str(error)) from error
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("console-order", order_no)
    say = _("The order service did not answer.") if found.stale else _("Up to date with the shop.")
    return done(say=say, refresh=["order"])
