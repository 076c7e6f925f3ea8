"""A refund's page: what it is about, what happened, and what one may do with it."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from apps.access import services as access
from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import DomainError
from apps.console.pages import done, render_page
from apps.console.preferences import StaffRequest, console_view
from apps.console.refunds.story import story_of
from apps.refunds import selectors, services
from apps.refunds.enums import OPEN, RefundState
from apps.refunds.models import Refund
from apps.refunds.permissions import RefundAction

OTHERS = 5


@require_safe
@console_view
def refund_page(request: StaffRequest, refund_no: str) -> HttpResponse:
    """The whole page; with ``sheet`` the same as a dialog over the chats."""
    refund = _visible(request.user, refund_no)
    audit.record_read(actor=request.user, action=RefundAction.READ, target=refund)
    context = _context(request.user, refund)
    if request.GET.get("sheet"):
        return render(request, "console/refunds/_sheet.html", context)
    part = "console/refunds/_refund.html"
    return render_page(request, "console/refunds/refund.html", context, place="refunds", part=part)


def _visible(user: User, refund_no: str) -> Refund:
    rows = selectors.with_people(Refund.objects.visible_to(user))
    return get_object_or_404(rows.select_related("payment"), refund_no=refund_no)


def _context(user: User, refund: Refund) -> dict[str, Any]:
    others = selectors.with_people(Refund.objects.visible_to(user)).exclude(pk=refund.pk)
    return {
        "refund": refund,
        "items": list(refund.items.all()),
        "story": story_of(refund),
        "before": list(others.filter(customer=refund.customer_id).order_by("-pk")[:OTHERS])
        if refund.customer_id
        else [],
        "may": _may(user, refund),
    }


def _may(user: User, refund: Refund) -> dict[str, bool]:
    """What the page offers; the services decide again."""
    waits = refund.state == RefundState.REQUESTED
    open_now = refund.state in OPEN and refund.state != RefundState.SUBMITTING
    withdrawable = refund.state in (RefundState.REQUESTED, RefundState.APPROVED)
    decides = selectors.may_decide(user, refund)
    return {
        "decide": decides,
        "approve": decides and refund.amount <= selectors.allowance(user, refund.currency).approve,
        "own": waits and refund.is_asked_by(user) and access.can(user, RefundAction.DECIDE),
        "cancel": withdrawable and access.can(user, RefundAction.CANCEL, refund),
        "retry": open_now and access.can(user, RefundAction.RETRY, refund),
    }


Deed = Callable[[Refund, StaffRequest], Refund]


def _approve(refund: Refund, request: StaffRequest) -> Refund:
    return services.approve_refund(refund, actor=request.user, note=request.POST.get("note", ""))


def _reject(refund: Refund, request: StaffRequest) -> Refund:
    note, tell = request.POST.get("note", ""), bool(request.POST.get("tell"))
    return services.reject_refund(refund, actor=request.user, note=note, tell=tell)


def _cancel(refund: Refund, request: StaffRequest) -> Refund:
    return services.cancel_refund(refund, actor=request.user)


def _retry(refund: Refund, request: StaffRequest) -> Refund:
    return services.retry_refund(refund, actor=request.user)


DEEDS: dict[str, tuple[Deed, Any]] = {
    "approve": (_approve, _("%(amount)s approved; it is on its way")),
    "reject": (_reject, _("The refund of %(amount)s was rejected")),
    "cancel": (_cancel, _("The refund of %(amount)s was withdrawn")),
    "retry": (_retry, _("The next step is being taken now")),
}


@require_POST
@console_view
def act(request: StaffRequest, refund_no: str, deed: str) -> HttpResponse:
    """One deed; what stands in its way is said where the buttons are."""
    if deed not in DEEDS:
        raise Http404
    refund = _visible(request.user, refund_no)
    call, said = DEEDS[deed]
    try:
        call(refund, request)
    except DomainError as error:
        return _refused(request, refund_no, error)
    return done(say=str(said) % {"amount": refund.money}, refresh=["refunds", "orders", "order"])


def _refused(request: StaffRequest, refund_no: str, error: DomainError) -> HttpResponse:
    words = [str(text) for texts in getattr(error, "fields", {}).values() for text in texts]
    context = _context(request.user, _visible(request.user, refund_no))
    context |= {"problem": " ".join(words) or error.detail, "note": request.POST.get("note", "")}
    return render(request, "console/refunds/_actions.html", context, status=422)
