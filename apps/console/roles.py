"""Roles: what one holds, asks for and takes on; for managers, who waits, what ends soon and who acts as what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_safe

from apps.access import grants, holdings, role_sessions
from apps.access import services as access
from apps.access.enums import GrantKind, GrantState
from apps.access.grant_errors import GrantDecided
from apps.access.models import Grant, Role, RoleSession, User
from apps.access.permissions import AccessAction
from apps.common.errors import DomainError, Invalid
from apps.console.pages import done, render_page
from apps.console.preferences import StaffRequest, signed_in_view
from apps.console.role_forms import AskForm, TakeForm

DECIDING = ("approve", "reject")
PAST = 10  # of one's own grants that are over


@dataclass(frozen=True)
class Waiting:
    """One request, and whether the reader is the second person that it waits for."""

    grant: Grant
    decidable: bool


@require_safe
@signed_in_view
def overview(request: StaffRequest) -> HttpResponse:
    """The page; htmx gets its lists alone."""
    now = timezone.now()
    context = own_roles(request.user, now) | everybodys_roles(request.user, now)
    return render_page(
        request, "console/access/page.html", context, place="access", part="console/access/_lists.html"
    )


def own_roles(user: User, now: datetime) -> dict[str, Any]:
    """What ``user`` has taken on, holds, waits for and held."""
    rows = Grant.objects.filter(user=user).select_related("role").order_by("-pk")
    running = rows.open(now)
    return {
        "acting": list(holdings.sessions_of(user, now)),
        "held": list(running),
        "past": list(rows.exclude(pk__in=running.values("pk"))[:PAST]),
        "now": now,
    }


def everybodys_roles(user: User, now: datetime) -> dict[str, Any]:
    """Requests, for those who decide on them; also grants that end soon and roles taken on, for who manages people."""
    manages = access.can(user, AccessAction.MANAGE_USERS)
    decides = access.can(user, AccessAction.APPROVE_GRANT)
    found: dict[str, Any] = {"manages": manages, "decides": decides}
    if manages or decides:
        waiting = [Waiting(row, decides and holdings.may_decide(user, row)) for row in holdings.waiting(now)]
        first = next((line.grant.pk for line in waiting if line.decidable), None)
        found |= {"waiting": waiting, "first": first}
    if manages:
        found |= {"ending": list(holdings.ending_soon(now)), "live": list(holdings.live_sessions(now))}
    return found


@require_safe
@signed_in_view
def acting(request: StaffRequest) -> HttpResponse:
    """The line above the page that says as what one acts."""
    sessions = holdings.sessions_of(request.user, timezone.now())
    return render(request, "console/access/_acting.html", {"acting": sessions})


# Asking and taking on


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_view
def take(request: StaffRequest) -> HttpResponse:
    """The sheet in which one takes a role on."""

    def assume(role: Role, **wish: Any) -> str:
        session = role_sessions.assume_role(role, actor=request.user, **wish)
        until = formats.date_format(timezone.localtime(session.not_after), "H:i")
        return _("You act as %(role)s until %(time)s.") % {"role": role, "time": until}

    offered = holdings.takeable(request.user, timezone.now())
    context = {"offered": offered, "emergencies": any(one.break_glass for one in offered)}
    return _sheet(request, "console/access/_take.html", TakeForm, assume, context, reload=True)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_view
def ask(request: StaffRequest) -> HttpResponse:
    """The sheet in which one asks for a role."""

    def wish_for(role: Role, **wish: Any) -> str:
        grants.request_role(role, actor=request.user, **wish)
        return _("Somebody in charge decides. You see it here.")

    context = {"offered": holdings.askable(request.user, timezone.now()), "kinds": GrantKind.choices}
    return _sheet(request, "console/access/_ask.html", AskForm, wish_for, context)


def _sheet(
    request: StaffRequest,
    template: str,
    form_class: type[forms.Form],
    work: Callable[..., str],
    context: dict[str, Any],
    *,
    reload: bool = False,
) -> HttpResponse:
    """Show a form; when it is sent, do ``work`` with what it says, or show it again with what is wrong."""
    if request.method != "POST":
        return render(request, template, context)
    form = form_class(request.POST)
    try:
        said = _done(form, work)
    except DomainError as error:
        faults = {name: " ".join(map(str, texts)) for name, texts in getattr(error, "fields", {}).items()}
        context |= {"values": request.POST, "faults": faults, "problem": "" if faults else error.detail}
        return render(request, template, context, status=422)
    return done(say=said, refresh=["access"], go=here(request) if reload else "")


def _done(form: forms.Form, work: Callable[..., str]) -> str:
    """What to say of it. Raises ``DomainError``."""
    if not form.is_valid():
        raise Invalid(fields=form.errors)
    wish = dict(form.cleaned_data)
    role = Role.objects.filter(slug=wish.pop("role")).first()
    if role is None:
        raise Invalid(fields={"role": [_("Choose a role.")]})
    return work(role, **wish)


def here(request: HttpRequest) -> str:
    """The page below the sheet: what one may do there has changed."""
    htmx = getattr(request, "htmx", None)
    return (htmx and htmx.current_url_abs_path) or reverse("console-access")


# Deciding and ending


@dataclass(frozen=True)
class Deed:
    """What can be done about a grant: how it is asked, done and said."""

    question: Promise
    button: Promise
    said: Promise
    service: Callable[..., Grant]
    tone: str = "primary"


DEEDS = {
    "approve": Deed(
        _lazy("Approve this role?"),
        _lazy("Approve"),
        _lazy("Approved. It counts from now on."),
        grants.approve_grant,
    ),
    "reject": Deed(
        _lazy("Reject this request?"), _lazy("Reject"), _lazy("Rejected."), grants.reject_grant, "danger"
    ),
    "withdraw": Deed(
        _lazy("Withdraw this request?"), _lazy("Withdraw"), _lazy("Withdrawn."), grants.revoke_grant, "danger"
    ),
    "revoke": Deed(
        _lazy("Take this role back?"),
        _lazy("Take back"),
        _lazy("Taken back. It counts no more."),
        grants.revoke_grant,
        "danger",
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_view
def decide(request: StaffRequest, pk: int, deed: str) -> HttpResponse:
    """Asks once more, naming what will be; then does it."""
    deciding, what = deed in DECIDING, DEEDS.get(deed)
    grant = holdings.asked_about(request.user, deciding=deciding).filter(pk=pk).first()
    if grant is None or what is None:
        raise Http404
    late = deciding and grant.state != GrantState.REQUESTED
    context = {"grant": grant, "deed": what, "late": late}
    if request.method != "POST":
        context |= {"problem": GrantDecided(grant).detail} if late else {}
        return render(request, "console/access/_decide.html", context)
    return _answer(request, "console/access/_decide.html", context, what.service, grant, what.said)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_view
def end(request: StaffRequest, public_id: str) -> HttpResponse:
    """Puts one's own role down; somebody else's is asked about first."""
    session = holdings.visible_sessions(request.user).filter(public_id=public_id).first()
    if session is None:
        raise Http404
    context = {"session": session}
    if request.method != "POST":
        return render(request, "console/access/_end.html", context)
    own = session.user_id == request.user.pk
    said = _("You act in your own roles again.") if own else _("It has ended.")
    return _answer(
        request, "console/access/_end.html", context, role_sessions.end_session, session, said, reload=own
    )


def _answer(
    request: StaffRequest,
    template: str,
    context: dict[str, Any],
    service: Callable[..., Grant | RoleSession],
    row: Grant | RoleSession,
    said: str | Promise,
    *,
    reload: bool = False,
) -> HttpResponse:
    try:
        service(row, actor=request.user)
    except DomainError as error:
        return render(request, template, {**context, "problem": error.detail}, status=422)
    return done(say=str(said), refresh=["access"], go=here(request) if reload else "")
