"""Privacy on a customer's page: wishes, hold, copies, erasure; and the sheets that ask for them."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.access import services as access
from apps.access.models import User
from apps.common.errors import DomainError, NotFound
from apps.console.pages import done
from apps.console.preferences import StaffRequest, console_view
from apps.console.privacy.wishes import wishes_of
from apps.customers import selectors as customers
from apps.customers.models import Customer
from apps.customers.permissions import CustomerAction
from apps.customers.privacy import erasing, exporting, selectors, wishes
from apps.customers.privacy.enums import (
    ERASURE_OPEN,
    EXPORT_OPEN,
    ConsentPurpose,
    ConsentSource,
    ErasureReason,
)

REFRESH = ("privacy",)


@require_safe
@console_view
def panel(request: StaffRequest, public_id: str) -> HttpResponse:
    """The panel, loaded again while something is going on."""
    customer = visible(request.user, public_id)
    return render(request, "console/privacy/_customer.html", panel_context(request.user, customer))


def visible(user: User, public_id: str) -> Customer:
    try:
        return customers.visible_customer(user, public_id)
    except NotFound as error:
        raise Http404 from error


def panel_context(user: User, customer: Customer) -> dict[str, Any]:
    """Wishes for all who may read the customer; the rest for those who may read what was done."""
    may = {
        "consent": CustomerAction.RECORD_CONSENT,
        "read": CustomerAction.READ_PRIVACY,
        "export": CustomerAction.EXPORT,
        "hold": CustomerAction.HOLD,
        "erase": CustomerAction.ERASE,
    }
    allowed = {name: access.can(user, action, customer) for name, action in may.items()}
    context = {"customer": customer, "wishes": wishes_of(customer), "may": allowed}
    if not allowed["read"]:
        return context
    stands = selectors.privacy_of(user, customer)
    erasing_now = any(erasure.state in ERASURE_OPEN for erasure in stands.erasures)
    busy = erasing_now or any(export.state in EXPORT_OPEN for export in stands.exports)
    return context | {"stands": stands, "busy": busy, "erasing": erasing_now}


def _sheet(
    request: StaffRequest, name: str, customer: Customer, error: DomainError | None = None, **more: Any
) -> HttpResponse:
    fields = getattr(error, "fields", {})
    context = {
        "customer": customer,
        "values": request.POST,
        "faults": {key: " ".join(map(str, texts)) for key, texts in fields.items()},
        "problem": error.detail if error and not fields else "",
        **more,
    }
    return render(request, f"console/privacy/_{name}.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
@console_view
def consent(request: StaffRequest, public_id: str) -> HttpResponse:
    """What the customer said, as a row that stays."""
    customer = visible(request.user, public_id)
    access.require(request.user, CustomerAction.RECORD_CONSENT, customer)
    choices: dict[str, Any] = {"purposes": ConsentPurpose.choices, "sources": ConsentSource.choices}
    if request.method == "GET":
        return _sheet(request, "consent", customer, **choices)
    asked: dict[str, Any] = {name: request.POST.get(name, "") for name in ("purpose", "source", "reference")}
    try:
        given = request.POST.get("given") == "yes"
        wishes.record_consent(customer, actor=request.user, is_given=given, **asked)
    except DomainError as error:
        return _sheet(request, "consent", customer, error, **choices)
    return done(say=_("Noted"), refresh=REFRESH)


@require_http_methods(["GET", "POST"])
@console_view
def hold(request: StaffRequest, public_id: str) -> HttpResponse:
    """Keep everything until further notice."""
    customer = visible(request.user, public_id)
    access.require(request.user, CustomerAction.HOLD, customer)
    if request.method == "GET":
        return _sheet(request, "hold", customer)
    try:
        wishes.place_hold(customer, actor=request.user, reason=request.POST.get("reason", ""))
    except DomainError as error:
        return _sheet(request, "hold", customer, error)
    return done(say=_("On legal hold"), refresh=REFRESH)


@require_POST
@console_view
def lift(request: StaffRequest, public_id: str) -> HttpResponse:
    """The data may go again."""
    wishes.lift_hold(visible(request.user, public_id), actor=request.user)
    return done(say=_("The hold is lifted"), refresh=REFRESH)


@require_http_methods(["GET", "POST"])
@console_view
def export(request: StaffRequest, public_id: str) -> HttpResponse:
    """A copy of everything; asked for twice."""
    customer = visible(request.user, public_id)
    exporting.require_exporter(request.user, customer)
    if request.method == "GET":
        return _sheet(request, "export", customer)
    try:
        confirm = public_id if request.POST.get("confirm") else ""
        exporting.request_export(customer, actor=request.user, confirm=confirm)
    except DomainError as error:
        return _sheet(request, "export", customer, error)
    return done(say=_("The copy is being built"), refresh=REFRESH)


@require_http_methods(["GET", "POST"])
@console_view
def erase(request: StaffRequest, public_id: str) -> HttpResponse:
    """Ask for everything to go; a second person confirms."""
    customer = visible(request.user, public_id)
    access.require(request.user, CustomerAction.ERASE, customer)
    stands = selectors.privacy_of(request.user, customer)
    choices: dict[str, Any] = {"reasons": ErasureReason.choices, "stands": stands}
    if request.method == "GET":
        return _sheet(request, "erase", customer, **choices)
    asked: dict[str, Any] = {name: request.POST.get(name, "") for name in ("reason", "reference")}
    try:
        erasing.request_erasure(customer, actor=request.user, **asked)
    except DomainError as error:
        return _sheet(request, "erase", customer, error, **choices)
    return done(say=_("A second person has to confirm this"), refresh=REFRESH)
