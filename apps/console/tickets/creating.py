"""The dialog that opens a ticket: from a chat, for a known customer, or for somebody new."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.access import viewing
from apps.access.models import User
from apps.chat import selectors as chats
from apps.chat.enums import MessageKind, SenderKind
from apps.chat.models import ChatSession, Message
from apps.common.errors import DomainError, Invalid, NotFound
from apps.console.pages import done
from apps.console.preferences import StaffRequest, console_view
from apps.console.tickets import beside
from apps.console.tickets.choosing import chosen_queue
from apps.customers.models import Customer
from apps.routing.models import Queue
from apps.tickets import services
from apps.tickets.enums import TicketChannel, TicketPriority
from apps.tickets.errors import RefReused
from apps.tickets.models import Ticket

FOUND = 6
SUBJECT_CHARS = 80
WORDS_MAX = 40  # messages in which an order number is looked for
MOST_ORDERS = 20
TEXTS = ("subject", "body", "priority", "queue", "order_no", "tags", "customer", "name", "email", "kind")


@require_http_methods(["GET", "POST"])
@console_view
def new_ticket(request: StaffRequest) -> HttpResponse:
    """The sheet, and what it sends. ``session``, ``customer`` and ``order`` in the address fill it in."""
    session = _session(request)
    if request.method == "POST":
        try:
            return _created(request, _create(request, session))
        except DomainError as error:
            return _form(request, session, error)
    return _form(request, session)


def _session(request: StaffRequest) -> ChatSession | None:
    public_id = request.GET.get("session") or request.POST.get("session")
    if not public_id:
        return None
    try:
        return chats.visible_session(request.user, public_id)
    except NotFound as error:
        raise Http404 from error


def _create(request: StaffRequest, session: ChatSession | None) -> Ticket:
    post = request.POST
    fields: dict[str, Any] = {
        "subject": post.get("subject", ""),
        "body": post.get("body", ""),
        "priority": post.get("priority") or TicketPriority.NORMAL,
        "order_no": post.get("order_no", ""),
        "tags": post.get("tags", "").replace("，", ",").split(","),
        "internal": post.get("kind") == "note",
        "assignee": request.user if post.get("mine") else None,
        "ref": _ref(post.get("ref", "")),
    }
    if post.get("queue"):
        fields["queue"] = chosen_queue(post["queue"])
    if session is not None:
        return services.create_from_chat(session, actor=request.user, **fields)
    fields |= {"actor": request.user, "channel": TicketChannel.CONSOLE}
    if post.get("customer"):
        chosen = get_object_or_404(Customer.objects.visible_to(request.user), public_id=post["customer"])
        return services.create_ticket(customer=chosen, locale=chosen.locale, **fields)
    return services.create_for_newcomer(_contact(request), **fields)


def _ref(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(_("Reload the page and try again.")) from error


def _contact(request: StaffRequest) -> dict[str, str]:
    """Of a new customer."""
    name, email = (request.POST.get(field, "").strip() for field in ("name", "email"))
    if not email:
        raise Invalid(fields={"customer": [_("Choose a customer, or give the e-mail address of a new one.")]})
    return {"name": name, "email": email, "locale": request.user.locale}


def _created(request: StaffRequest, ticket: Ticket) -> HttpResponse:
    said = _("Ticket %(number)s opened") % {"number": ticket.label}
    go = "" if request.POST.get("stay") else reverse("console-ticket", args=[ticket.number])
    return done(say=said, refresh=["tickets"], go=go)


def _form(
    request: StaffRequest, session: ChatSession | None, error: DomainError | None = None
) -> HttpResponse:
    values = {name: request.POST.get(name, "") for name in TEXTS}
    if request.method == "GET":
        values |= _first_values(request, session)
    faults = {name: " ".join(map(str, words)) for name, words in (getattr(error, "fields", {}) or {}).items()}
    context = {
        "session": session,
        "customer": session.customer if session else _chosen(request, values["customer"]),
        "values": values,
        "faults": faults,
        "problem": _problem(request, error) if error and not faults else "",
        "queues": Queue.objects.order_by("name"),
        "priorities": TicketPriority.choices,
        "ref": uuid4() if isinstance(error, RefReused) else request.POST.get("ref") or uuid4(),
        "stay": session is not None or bool(request.GET.get("stay") or request.POST.get("stay")),
    }
    return render(request, "console/tickets/_new.html", context, status=422 if error else 200)


def _problem(request: StaffRequest, error: DomainError) -> str:
    """What is wrong, in words. Whoever heard nothing, and changed the form since, learns what became of the first."""
    if isinstance(error, RefReused):
        first = Ticket.objects.visible_to(request.user).filter(ref=request.POST["ref"]).first()
        if first is not None:
            words = _("Ticket %(number)s was opened from this form before. Send it again to open another.")
            return words % {"number": first.label}
    return error.detail


def _first_values(request: StaffRequest, session: ChatSession | None) -> dict[str, str]:
    """What the address and the chat already tell."""
    values = {
        "customer": request.GET.get("customer", ""),
        "order_no": request.GET.get("order", ""),
        "priority": TicketPriority.NORMAL,
        "kind": "note",
    }
    if session is not None:
        words = customers_words(session)
        first = " ".join(words[0].split())[:SUBJECT_CHARS] if words else ""
        values |= {"subject": viewing.said(first), "queue": str(session.queue_id or "")}
        values["order_no"] = values["order_no"] or named_order(request.user, session.customer, words)
    return values


def customers_words(session: ChatSession) -> list[str]:
    """What the customer wrote first in the chat."""
    rows = Message.objects.filter(session=session, sender_kind=SenderKind.CUSTOMER, kind=MessageKind.TEXT)
    return list(rows.order_by("seq").values_list("body", flat=True)[:WORDS_MAX])


def named_order(user: User, customer: Customer, words: list[str]) -> str:
    """The number of an order of the customer that they spoke of; empty when they named none."""
    own = beside.orders_of(user, customer, most=MOST_ORDERS)
    return next((order.order_no for order in own if any(order.order_no in text for text in words)), "")


def _chosen(request: StaffRequest, public_id: str) -> Customer | None:
    if not public_id:
        return None
    return Customer.objects.visible_to(request.user).filter(public_id=public_id).first()


@require_safe
@console_view
def customer_choices(request: StaffRequest) -> HttpResponse:
    """Customers who match ``q``, to press."""
    query = request.GET.get("q", "").strip()
    found = find_customers(request.user, query)[:FOUND] if query else []
    return render(request, "console/tickets/_customers.html", {"found": found, "query": query})


def find_customers(user: User, query: str) -> Any:
    """Customers that ``user`` may read by name, e-mail or phone, the last seen first."""
    return Customer.objects.visible_to(user).search(query).order_by("-last_seen_at")
