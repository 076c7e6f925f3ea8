"""The parts of the console that htmx loads: context cards, transcripts, transfer targets."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.access import services as access
from apps.audit import services as audit
from apps.chat import selectors as chat
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.common.errors import NotFound
from apps.console import selectors
from apps.console.orders.card import orders_card
from apps.console.preferences import StaffRequest, console_view
from apps.console.privacy.wishes import wishes_of
from apps.customers.models import Customer
from apps.customers.permissions import CustomerAction
from apps.knowledge.models import Faq
from apps.refunds import selectors as refunds
from apps.refunds.permissions import RefundAction
from apps.tickets import selectors as tickets
from apps.tickets.permissions import TicketAction

Context = dict[str, Any]
TICKETS = REFUNDS = 5


def visible_chat(request: StaffRequest, public_id: str) -> ChatSession:
    """The chat if the user may read it. Raises ``Http404``: unknown and forbidden look the same."""
    try:
        return chat.visible_session(request.user, public_id)
    except NotFound as error:
        raise Http404 from error


def customer_card(request: StaffRequest, session: ChatSession) -> Context:
    readable = Customer.objects.visible_to(request.user).filter(pk=session.customer_id)
    now, customer = timezone.now(), readable.first()
    if customer is not None:
        audit.record_read(actor=request.user, action=CustomerAction.READ, target=customer)
    return {
        "customer": customer,
        "wishes": wishes_of(customer) if customer else {},
        "presence": session.customer_presence(now),
        "chats": ChatSession.objects.filter(customer=session.customer_id).count(),
    }


def faqs_card(request: StaffRequest, session: ChatSession) -> Context:
    query = request.GET.get("q", "")
    hits = selectors.suggestions(session, query)
    return {"hits": hits, "query": query, "has_faqs": bool(hits) or Faq.objects.active().exists()}


def previous_card(request: StaffRequest, session: ChatSession) -> Context:
    return {"chats": list(selectors.previous_chats(request.user, session))}


def tickets_card(request: StaffRequest, session: ChatSession) -> Context:
    return {
        "tickets": list(tickets.tickets_of(request.user, session.customer)[:TICKETS]),
        "may_read": access.can(request.user, TicketAction.READ),
        "may_create": access.can(request.user, TicketAction.CREATE)
        and access.can(request.user, ChatAction.NOTE),
    }


def refunds_card(request: StaffRequest, session: ChatSession) -> Context:
    return {
        "refunds": list(refunds.of_customer(request.user, session.customer_id)[:REFUNDS]),
        "may_read": access.can(request.user, RefundAction.READ),
    }


CARDS: dict[str, Callable[[StaffRequest, ChatSession], Context]] = {
    "customer": customer_card,
    "orders": orders_card,
    "faqs": faqs_card,
    "previous": previous_card,
    "tickets": tickets_card,
    "refunds": refunds_card,
}

# What of a card a search in it replaces.
RESULTS = {"faqs": "faq_results", "orders": "order_results"}


@require_safe
@console_view
def card(request: StaffRequest, public_id: str, name: str) -> HttpResponse:
    """One card of the right column."""
    if name not in CARDS:
        raise Http404
    session = visible_chat(request, public_id)
    context = {"session": session, **CARDS[name](request, session)}
    part = RESULTS.get(name, name) if "q" in request.GET else name
    return render(request, f"console/cards/{part}.html", context)


@require_safe
@console_view
def transcript(request: StaffRequest, public_id: str) -> HttpResponse:
    """A chat to read, nothing more. That it was read is on record."""
    session = visible_chat(request, public_id)
    audit.record_read(actor=request.user, action=ChatAction.READ, target=session)
    lines = selectors.transcript(session)
    template = "console/_transcript_sheet.html" if request.GET.get("sheet") else "console/_transcript.html"
    return render(request, template, {"session": session, "lines": lines})


@require_safe
@console_view
def targets(request: StaffRequest, public_id: str) -> HttpResponse:
    """Where the chat can be transferred."""
    session = visible_chat(request, public_id)
    found = selectors.transfer_targets(request.user, session, now=timezone.now())
    return render(request, "console/_targets.html", {"session": session, "targets": found})


@require_safe
@console_view
def why(request: StaffRequest, public_id: str) -> HttpResponse:
    """Why the chat is in its queue and with its agent."""
    session = visible_chat(request, public_id)
    return render(
        request, "console/_why.html", {"session": session, "trace": selectors.routing_trace(session)}
    )
