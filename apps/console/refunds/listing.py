"""The list of refunds, by what is to be done with them."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.access import services as access
from apps.console.pages import render_page
from apps.console.preferences import StaffRequest, console_view
from apps.refunds import selectors
from apps.refunds.models import Refund
from apps.refunds.permissions import RefundAction

PAGE = 40
TABS = [
    ("approve", _("To approve")),
    ("open", _("Under way")),
    ("done", _("Refunded")),
    ("failed", _("Not refunded")),
    ("all", _("All")),
]


@require_safe
@console_view
def refund_list(request: StaffRequest) -> HttpResponse:
    """One tab, filtered by ``q``; the rows after ``before`` for "Show more"."""
    access.require(request.user, RefundAction.READ)
    tab, query = _tab(request), request.GET.get("q", "").strip()[:100]
    visible = Refund.objects.visible_to(request.user)
    context = {
        "tab": tab,
        "query": query,
        "tabs": _tabs(selectors.tab_counts(visible)),
        **_rows(request.GET, selectors.listed(visible, tab=tab, query=query)),
    }
    part = "console/refunds/_rows.html" if request.GET.get("before") else "console/refunds/_table.html"
    return render_page(request, "console/refunds/list.html", context, place="refunds", part=part)


def _tab(request: StaffRequest) -> str:
    """The tab asked for; else where one's own work is."""
    asked = request.GET.get("tab", "")
    if asked in dict(TABS):
        return asked
    return "approve" if access.can(request.user, RefundAction.DECIDE) else "all"


def _tabs(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [{"code": code, "label": label, "count": counts.get(code)} for code, label in TABS]


def _rows(query: QueryDict, found: Any) -> dict[str, Any]:
    """A page of rows and the address of the next one."""
    before = query.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 18:
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
    more = query.copy()
    if len(rows) > PAGE:
        more["before"] = str(rows[PAGE - 1].pk)
    return {"refunds": rows[:PAGE], "next_url": f"?{more.urlencode()}" if len(rows) > PAGE else ""}
