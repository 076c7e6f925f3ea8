"""Uncovering a masked field from a page: the sheet that asks for a reason, and the value while it is uncovered."""

from django.http import Http404, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from apps.access import reveals, viewing
from apps.common.errors import DomainError, NotFound
from apps.console.pages import done
from apps.console.preferences import StaffRequest, console_view


@require_http_methods(["GET", "HEAD", "POST"])
@console_view
def reveal(request: StaffRequest) -> HttpResponse:
    """Ask what for; with a reason, uncover: the scripts then fetch the value from ``revealed``."""
    obj, name = _named(request, request.POST if request.method == "POST" else request.GET)
    context = {**name, "left": reveals.budget_left(request.user, now=timezone.now())}
    if request.method != "POST":
        return render(request, "console/reveals/_sheet.html", context)
    reason = request.POST.get("reason", "")
    try:
        found = reveals.reveal(obj, name["field"], actor=request.user, reason=reason)
    except DomainError as error:
        context |= {"reason": reason, "problem": _words_of(error)}
        return render(request, "console/reveals/_sheet.html", context, status=422)
    place = f"{found.target_type}/{found.target_id}/{found.field}"
    return trigger_client_event(done(), "desk:revealed", {"place": place})


@require_safe
@console_view
def revealed(request: StaffRequest) -> JsonResponse:
    """``{"value", "until"}`` of a field that is uncovered; 404 for any other."""
    obj, name = _named(request, request.GET)
    until = viewing.until(name["type"], name["id"], name["field"])
    if until is None:
        raise Http404
    value = viewing.in_lines(viewing.shown(obj, name["field"]))
    viewing.keep(value)
    return JsonResponse({"value": value, "until": until.isoformat()})


def _named(request: StaffRequest, query: QueryDict) -> tuple:
    name = {key: query.get(key, "") for key in ("type", "id", "field")}
    try:
        return reveals.target(request.user, name["type"], name["id"], name["field"]), name
    except NotFound as error:
        raise Http404 from error


def _words_of(error: DomainError) -> str:
    fields = getattr(error, "fields", {}) or {}
    return " ".join(str(word) for words in fields.values() for word in words) or error.detail
