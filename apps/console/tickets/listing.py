"""The list of tickets: views at its side, filters above, pages by position, and changes of several at once."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.access import services as access
from apps.access.models import User
from apps.common.errors import DomainError, Invalid
from apps.console.pages import done, render_page
from apps.console.preferences import StaffRequest, console_view
from apps.console.tickets.choosing import chosen_queue
from apps.routing.models import Queue
from apps.tickets import filtering, selectors, services
from apps.tickets.enums import SlaState, TicketPriority, TicketStatus
from apps.tickets.filtering import Filters
from apps.tickets.models import Ticket, TicketView
from apps.tickets.permissions import TicketAction

SHOWN = ("status", "priority", "sla", "queue", "assignee", "q")  # filters that the page has fields for
BULK_MAX = 200


@dataclass(frozen=True)
class BuiltIn:
    """A view that everybody has."""

    code: str
    name: Promise
    icon: str
    filters: dict[str, Any]
    order: str = "activity"


VIEWS = (
    BuiltIn("mine", gettext_lazy("Mine"), "user", {"assignee": "me", "status": "live"}),
    BuiltIn(
        "unassigned", gettext_lazy("Unassigned"), "inbox", {"assignee": "none", "status": "live"}, "oldest"
    ),
    BuiltIn(
        "due",
        gettext_lazy("Due soon or overdue"),
        "clock",
        {"sla": "warned,breached", "status": "live"},
        "due",
    ),
    BuiltIn("open", gettext_lazy("All open"), "ticket", {"status": "live"}),
    BuiltIn("solved", gettext_lazy("Solved"), "checks", {"status": "solved,closed"}),
)


@dataclass(frozen=True)
class Shown:
    """One line of the views' column."""

    code: str
    name: str
    icon: str
    filters: dict[str, Any]
    order: str
    count: int = 0
    pk: int = 0
    own: bool = False

    @property
    def count_words(self) -> str:
        return "99+" if self.count >= selectors.COUNTED_MAX else str(self.count or "")


def views_for(user: User) -> list[Shown]:
    """Built-in and saved views with what each lists; three queries."""
    saved = selectors.views_of(user)
    built = [TicketView(pk=-index, filters=view.filters) for index, view in enumerate(VIEWS, 1)]
    counts = selectors.view_counts(user, [*built[:-1], *saved])
    lines = [
        Shown(view.code, str(view.name), view.icon, view.filters, view.order, counts.get(-index, 0))
        for index, view in enumerate(VIEWS, 1)
    ]
    return lines + [
        Shown(
            str(view.pk),
            view.name,
            "star",
            view.filters,
            view.order,
            counts.get(view.pk, 0),
            view.pk,
            view.owner_id == user.pk,
        )
        for view in saved
    ]


@require_safe
@console_view
def ticket_list(request: StaffRequest) -> HttpResponse:
    """The page; for htmx only the table, or only more rows of it."""
    views = views_for(request.user)
    current = _current(request, views)
    problem, page = "", selectors.TicketPage([], "")
    filters = Filters()
    try:
        filters = filtering.parse(_wanted(request.GET, current))
        order = request.GET.get("order") or current.order
        rows = selectors.list_tickets(request.user, filters)
        page = selectors.page_of(rows, order=order, cursor=request.GET.get("cursor", ""))
    except Invalid as error:
        problem = " ".join(str(word) for words in error.fields.values() for word in words)
    context = {
        "page": page,
        "problem": problem,
        "current": current,
        "filters": filters,
        "next_url": _next_url(request.GET, page.next_cursor),
        "is_filtered": any(request.GET.get(name) for name in SHOWN),
    }
    if request.GET.get("cursor") and request.htmx:
        return render(request, "console/tickets/_rows.html", context)
    context |= {"views": views, **_choices(request.user)}
    return render_page(
        request, "console/tickets/list.html", context, place="tickets", part="console/tickets/_table.html"
    )


def _current(request: StaffRequest, views: list[Shown]) -> Shown:
    """The view of the address; else "mine", or "all open" for those who work on none."""
    code = request.GET.get("view", "")
    default = "mine" if access.can(request.user, TicketAction.REPLY) else "open"
    if request.GET.get("q") and not code:
        return Shown("", _("Search results"), "search", {}, "activity")
    found = {view.code: view for view in views}
    return found.get(code) or found[default]


def _wanted(query: QueryDict, view: Shown) -> dict[str, Any]:
    """The view's filters; those that the address names take their place."""
    given = {name: query.getlist(name) for name in filtering.NAMES if any(query.getlist(name))}
    return view.filters | given


def _next_url(query: QueryDict, cursor: str) -> str:
    if not cursor:
        return ""
    pairs = [
        (name, value) for name, values in query.lists() for value in values if value and name != "cursor"
    ]
    return "?" + urlencode([*pairs, ("cursor", cursor)])


def _choices(user: User) -> dict[str, Any]:
    """What the filters and the bar for several tickets offer; one query."""
    return {
        "statuses": [("live", _("All open")), *TicketStatus.choices],
        "priorities": TicketPriority.choices,
        "sla_states": [
            (s, s.label) for s in (SlaState.OK, SlaState.WARNED, SlaState.BREACHED, SlaState.PAUSED)
        ],
        "queues": list(Queue.objects.visible_to(user).order_by("name")),
        "may_create": access.can(user, TicketAction.CREATE),
        "may_change": access.can(user, TicketAction.CHANGE),
    }


@require_POST
@console_view
def bulk(request: StaffRequest) -> HttpResponse:
    """One change of several tickets, each on its own; says how many went and how many did not."""
    numbers = [int(value) for value in request.POST.getlist("ticket") if value.isdigit()][:BULK_MAX]
    rows = Ticket.objects.visible_to(request.user).with_row().filter(number__in=numbers)
    try:
        result = services.change_tickets(rows, actor=request.user, **_bulk_wish(request))
    except DomainError as error:
        return done(say=error.detail, refresh=["tickets"])
    said = ngettext("%(count)s ticket changed", "%(count)s tickets changed", len(result.changed))
    words = [said % {"count": len(result.changed)}]
    if result.refused:
        missed = ngettext("%(count)s could not be", "%(count)s could not be", len(result.refused))
        words.append(missed % {"count": len(result.refused)})
    return done(say=" · ".join(words), refresh=["tickets"])


def _bulk_wish(request: StaffRequest) -> dict[str, Any]:
    post = request.POST
    for name in ("status", "priority"):
        if post.get(name):
            return {name: post[name]}
    if post.get("queue"):
        return {"queue": chosen_queue(post["queue"])}
    if post.get("assignee") == "me":
        return {"assignee": request.user}
    raise Invalid(_("Choose what to change."))


@require_POST
@console_view
def save_view(request: StaffRequest) -> HttpResponse:
    """Keep the filters of the address under a name, for oneself or for all."""
    query = QueryDict(request.POST.get("query", "").lstrip("?"))
    current = _current_of(request, query)
    try:
        filters = filtering.parse(_wanted(query, current))
        view = services.save_view(
            actor=request.user,
            name=request.POST.get("name", ""),
            filters=filters.as_json(),
            order=query.get("order") or current.order,
            shared=bool(request.POST.get("shared")),
        )
    except DomainError as error:
        return render(request, "console/tickets/_save_view.html", _naming(request, error), status=422)
    return done(say=_("View “%(name)s” saved") % {"name": view.name}, go=f"?view={view.pk}")


def _current_of(request: StaffRequest, query: QueryDict) -> Shown:
    found = {view.code: view for view in views_for(request.user)}
    return found.get(query.get("view", "")) or found["open"]


@require_safe
@console_view
def name_view(request: StaffRequest) -> HttpResponse:
    """The sheet that asks for a name."""
    return render(request, "console/tickets/_save_view.html", _naming(request))


def _naming(request: StaffRequest, error: DomainError | None = None) -> dict[str, Any]:
    fields = getattr(error, "fields", {}) or {}
    said = " ".join(str(word) for words in fields.values() for word in words)
    return {
        "query": request.POST.get("query") or request.GET.urlencode(),
        "name": request.POST.get("name", ""),
        "problem": (said or error.detail) if error else "",
        "may_share": access.can(request.user, TicketAction.SHARE_VIEW),
    }


@require_POST
@console_view
def delete_view(request: StaffRequest, pk: int) -> HttpResponse:
    """Forget a saved view; its tickets stay."""
    view = get_object_or_404(TicketView.objects.visible_to(request.user), pk=pk)
    services.delete_view(view, actor=request.user)
    return done(say=_("View “%(name)s” deleted") % {"name": view.name}, go="?")
