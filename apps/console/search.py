"""The command bar's search: customers, orders, tickets, SOPs and chats, each as far as the user may see it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db.models import Q
from django.http import JsonResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.access import viewing
from apps.access.models import User
from apps.audit import services as audit
from apps.chat.models import ChatSession
from apps.chat.wire import is_storable
from apps.common import throttle
from apps.console.preferences import StaffRequest, console_view
from apps.console.sops import find_sops
from apps.console.templatetags.console import who
from apps.customers.models import Customer
from apps.orders.models import Order
from apps.tickets import selectors as tickets
from apps.tickets.filtering import Filters

MOST = 4  # of each kind
SEARCHES_PER_MINUTE = 120  # of one person; a bar that searches as one types stays below
QUERY_MAX = 100  # characters
NAMESAKES = 50  # customers whose chats are looked for


@dataclass(frozen=True)
class Found:
    """One line of the bar. ``chat`` is opened in place by the chats' page; ``sheet`` there, too, over the chats."""

    text: str
    hint: str
    icon: str
    url: str
    chat: str = ""
    sheet: str = ""  # the size of the sheet


def shown_contact(customer: Customer) -> str:
    return viewing.shown(customer, "email") or viewing.shown(customer, "phone")


def customers(user: User, query: str) -> list[Found]:
    rows = Customer.objects.visible_to(user).search(query).order_by("-last_seen_at")[:MOST]
    return [
        Found(who(row), shown_contact(row), "user", reverse("console-customer", args=[row.public_id]))
        for row in rows
    ]


def orders(user: User, query: str) -> list[Found]:
    """From the mirror: the shop is not asked at every key."""
    rows = Order.objects.visible_to(user).search(query).order_by("-placed_at")[:MOST]
    return [
        Found(
            row.order_no,
            f"{viewing.shown(row, 'buyer_name')} · {row.get_status_display()} · {row.paid}",
            "box",
            reverse("console-order", args=[row.order_no]),
        )
        for row in rows
    ]


def found_tickets(user: User, query: str) -> list[Found]:
    rows = tickets.list_tickets(user, Filters(q=query)).order_by("-updated_at", "-pk")[:MOST]
    return [
        Found(
            f"{row.label} {row.subject}",
            f"{who(row.customer)} · {row.get_status_display()}",
            "ticket",
            reverse("console-ticket", args=[row.number]),
            sheet="ticket",
        )
        for row in rows
    ]


def sops(user: User, query: str) -> list[Found]:
    return [
        Found(
            row.title_in(get_language() or "en"),
            str(row.category),
            "book",
            reverse("console-sop", args=[row.slug]),
            sheet="wide",
        )
        for row in find_sops(user, query)[:MOST]
    ]


def chats(user: User, query: str) -> list[Found]:
    """The newest chats of customers who match; a chat also by its own number."""
    namesakes = Customer.objects.search(query).order_by("-last_seen_at").values("pk")[:NAMESAKES]
    rows = ChatSession.objects.visible_to(user).select_related("customer")
    rows = rows.filter(Q(customer__in=list(namesakes.values_list("pk", flat=True))) | Q(public_id=query))
    return [
        Found(
            who(row.customer),
            row.last_preview or row.get_status_display(),
            "chat",
            reverse("console-chat", args=[row.public_id]),
            chat=row.public_id,
        )
        for row in rows.order_by("-pk")[:MOST]
    ]


KINDS: list[tuple[str, Promise, Callable[[User, str], list[Found]]]] = [
    ("customers", _("Customers"), customers),
    ("orders", _("Orders"), orders),
    ("tickets", _("Tickets"), found_tickets),
    ("sops", _("SOPs"), sops),
    ("chats", _("Chats"), chats),
]


@require_safe
@console_view
def search(request: StaffRequest) -> JsonResponse:
    """``{"groups": [{"code", "label", "items"}]}`` for ``q``; groups without a hit are left out."""
    query = request.GET.get("q", "").strip()[:QUERY_MAX]
    if not query or not is_storable(query):
        return JsonResponse({"groups": []})
    if not throttle.allow(f"search:{request.user.pk}", limit=SEARCHES_PER_MINUTE, window_s=60):
        return JsonResponse({"groups": []}, status=429, headers={"Retry-After": "60"})
    audit.record_search(actor=request.user, action="console:Search", query=query)
    found = [(code, label, find(request.user, query)) for code, label, find in KINDS]
    groups = [
        {"code": code, "label": str(label), "items": [asdict(item) for item in items]}
        for code, label, items in found
        if items
    ]
    return JsonResponse({"groups": groups})
