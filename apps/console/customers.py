"""A customer's page: who they are, and everything they had with the desk."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from apps.access import services as access
from apps.access.models import User
from apps.audit import services as audit
from apps.chat.models import ChatSession
from apps.common.errors import NotFound
from apps.console.pages import render_page
from apps.console.preferences import StaffRequest, console_view
from apps.console.privacy.customer import panel_context
from apps.console.tickets import beside
from apps.customers import selectors
from apps.customers.models import Customer
from apps.customers.permissions import CustomerAction
from apps.refunds.permissions import RefundAction
from apps.tickets import selectors as tickets
from apps.tickets.permissions import TicketAction

MOST = 20  # of each kind


@require_safe
@console_view
def customer_page(request: StaffRequest, public_id: str) -> HttpResponse:
    """The page. That it was read is on record."""
    try:
        customer = selectors.visible_customer(request.user, public_id)
    except NotFound as error:
        raise Http404 from error
    audit.record_read(actor=request.user, action=CustomerAction.READ, target=customer)
    return render_page(
        request, "console/customers/customer.html", customer_context(request.user, customer), place=""
    )


def customer_context(user: User, customer: Customer) -> dict[str, Any]:
    """What the page shows, each as far as ``user`` may see it, in a number of queries that does not grow."""
    chats = ChatSession.objects.visible_to(user).filter(customer=customer).order_by("-pk")
    return {
        "customer": customer,
        "summary": selectors.customer_summary(customer),
        "chats": list(chats.select_related("agent", "queue", "inbox")[:MOST]),
        "tickets": list(tickets.tickets_of(user, customer)[:MOST]),
        "orders": beside.orders_of(user, customer, most=MOST),
        "refunds": beside.refunds_of(user, customer.pk, most=MOST),
        "may_create": access.can(user, TicketAction.CREATE),
        "may_refund": access.can(user, RefundAction.REQUEST),
        **panel_context(user, customer),
    }
