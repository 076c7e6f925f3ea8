"""Privacy of the whole desk: what waits for a second person, how long data are kept, and what is being purged."""

from typing import Any, cast

from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.access import services as access
from apps.access.models import User
from apps.common.errors import DomainError
from apps.console.pages import done, render_page
from apps.console.preferences import StaffRequest, console_view
from apps.customers.models import CustomerExport, Erasure, PurgeRun, RetentionRule
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import erasing, exporting, retention
from apps.customers.privacy.certificate import lines_of, name_of
from apps.customers.privacy.enums import ERASURE_OPEN, EXPORT_OPEN, ErasureReason, PurgeState
from apps.customers.privacy.errors import ExportGone, NotPurgeable, PurgeRunning

MOST = 20
REFRESH = ("privacy",)


@require_safe
@console_view
def page(request: StaffRequest) -> HttpResponse:
    """The page; htmx gets what moves alone."""
    access.require(request.user, CustomerAction.READ_PRIVACY)
    context = page_context(request.user)
    part = "console/privacy/_moving.html"
    return render_page(request, "console/privacy/page.html", context, place="privacy", part=part)


def page_context(user: User) -> dict[str, Any]:
    """What the page shows, in a number of queries that does not grow."""
    erasures = Erasure.objects.select_related("customer", "requested_by", "decided_by")
    runs = list(PurgeRun.objects.select_related("started_by")[:MOST])
    exports = list(CustomerExport.objects.select_related("customer", "requested_by")[:MOST])
    waiting = list(erasures.filter(state__in=ERASURE_OPEN).prefetch_related("steps"))
    busy = bool(waiting) or any(run.state == PurgeState.RUNNING for run in runs)
    return {
        "waiting": waiting,
        "erased": list(erasures.exclude(state__in=ERASURE_OPEN)[:MOST]),
        "rules": [
            {"rule": rule, "name": name_of(rule.kind)} for rule in RetentionRule.objects.order_by("pk")
        ],
        "runs": [_line(run) for run in runs],
        "exports": exports,
        "may": {
            "manage": access.can(user, CustomerAction.MANAGE_RETENTION),
            "confirm": access.can(user, CustomerAction.CONFIRM_ERASURE),
            "export": access.can(user, CustomerAction.EXPORT),
        },
        "me": user,
        "busy": busy or any(export.state in EXPORT_OPEN for export in exports),
    }


def _line(run: PurgeRun) -> dict[str, Any]:
    return {
        "run": run,
        "name": name_of(run.kind),
        "percent": percent_of(run),
        "done": number_format(run.done, force_grouping=True),
        "counted": number_format(run.counted, force_grouping=True),
    }


def percent_of(run: PurgeRun) -> int:
    """How far a purge is; what came in meanwhile does not make it more than all."""
    return min(100, 100 * run.done // run.counted) if run.counted else 100


@require_http_methods(["GET", "POST"])
@console_view
def rule(request: StaffRequest, kind: str) -> HttpResponse:
    """How long one kind is kept, with what that would delete before it is saved."""
    access.require(request.user, CustomerAction.MANAGE_RETENTION)
    row = get_object_or_404(RetentionRule, kind=kind)
    if request.method == "GET":
        return _rule(request, row)
    try:
        days = days_of(request.POST.get("keep_days", ""))
        enabled = request.POST.get("is_enabled") == "on"
        retention.save_rule(row, actor=request.user, keep_days=days, is_enabled=enabled)
    except DomainError as error:
        return _rule(request, row, error)
    return done(say=_("Saved"), go=request.POST.get("go", ""))


def days_of(text: str) -> int | None:
    """Days as somebody typed them; None for ever. What is no number is too few."""
    text = text.strip()
    if not text:
        return None
    return min(int(text), 36_500) if text.isdecimal() else 0


def _rule(request: StaffRequest, row: RetentionRule, error: DomainError | None = None) -> HttpResponse:
    fields = getattr(error, "fields", {})
    context = {
        "rule": row,
        "name": name_of(row.kind),
        "days": request.POST.get("keep_days", row.keep_days if row.keep_days is not None else ""),
        "enabled": request.POST.get("is_enabled") == "on" if error else row.is_enabled,
        "fault": " ".join(str(text) for texts in fields.values() for text in texts),
        "problem": error.detail if error and not fields else "",
    }
    return render(request, "console/privacy/_rule.html", context, status=422 if error else 200)


@require_safe
@console_view
def preview(request: StaffRequest, kind: str) -> HttpResponse:
    """What ``keep_days`` would delete today, in words."""
    access.require(request.user, CustomerAction.READ_PRIVACY)
    known = get_object_or_404(RetentionRule, kind=kind).kind
    found = retention.preview(retention.kind_named(known), days_of(request.GET.get("keep_days", "")))
    context = {"found": found, "count": number_format(found.count, force_grouping=True)}
    return render(request, "console/privacy/_preview.html", context)


@require_POST
@console_view
def purge(request: StaffRequest, kind: str) -> HttpResponse:
    """Begin to purge by the rule as it stands."""
    try:
        retention.start_purge(retention.kind_named(kind), actor=request.user)
    except (PurgeRunning, NotPurgeable) as error:
        return JsonResponse({"detail": error.detail, "code": error.code}, status=error.status)
    return done(say=_("The purge has begun"), refresh=REFRESH)


@require_POST
@console_view
def stop(request: StaffRequest, public_id: str) -> HttpResponse:
    """End a purge after the batch it is at."""
    retention.stop_purge(get_object_or_404(PurgeRun, public_id=public_id), actor=request.user)
    return done(say=_("Stopped"), refresh=REFRESH)


@require_http_methods(["GET", "POST"])
@console_view
def erasure(request: StaffRequest, public_id: str) -> HttpResponse:
    """What is to be erased and for whom; the second person confirms or rejects."""
    access.require(request.user, CustomerAction.READ_PRIVACY)
    row = get_object_or_404(Erasure.objects.select_related("customer", "requested_by"), public_id=public_id)
    if request.method == "GET":
        return _erasure(request, row)
    rejects = request.POST.get("verdict") != "confirm"
    try:
        decide = erasing.reject_erasure if rejects else erasing.confirm_erasure
        decide(row, actor=request.user)
    except DomainError as error:
        return _erasure(request, row, error)
    return done(say=_("Nothing is erased") if rejects else _("Erasing has begun"), refresh=REFRESH)


def _erasure(request: StaffRequest, row: Erasure, error: DomainError | None = None) -> HttpResponse:
    context = {
        "erasure": row,
        "own": row.requested_by_id == request.user.pk,
        "may_confirm": access.can(request.user, CustomerAction.CONFIRM_ERASURE),
        "problem": error.detail if error else "",
    }
    return render(request, "console/privacy/_erasure.html", context, status=422 if error else 200)


@require_safe
@console_view
def certificate(request: StaffRequest, public_id: str) -> HttpResponse:
    """The certificate as a page to print."""
    access.require(request.user, CustomerAction.READ_PRIVACY)
    row = get_object_or_404(Erasure, public_id=public_id)
    if not row.digest or row.certificate is None:
        raise Http404
    reason = ErasureReason(row.certificate["reason"]).label
    context = {
        "erasure": row,
        "content": row.certificate,
        "lines": lines_of(row.certificate),
        "reason": reason,
    }
    return render_page(request, "console/privacy/certificate.html", context, place="privacy")


@require_safe
@console_view
def download(request: StaffRequest, public_id: str) -> HttpResponse:
    """The archive, to whoever may."""
    export = get_object_or_404(CustomerExport.objects.select_related("customer"), public_id=public_id)
    try:
        file = exporting.open_export(export, actor=request.user)
    except ExportGone as error:
        raise Http404 from error
    response = FileResponse(file, as_attachment=True, filename=f"customer-data-{export.public_id}.zip")
    response["Cache-Control"] = "no-store"
    return cast(HttpResponse, response)
