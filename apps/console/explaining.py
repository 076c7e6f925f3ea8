"""Why somebody may do something or not, and what they may do at all. Everybody may ask about themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from apps.access import services as access
from apps.access.models import User
from apps.access.permissions import AccessAction
from apps.access.policies.document import as_text, many
from apps.access.policies.explaining import Considered, Explanation, explain
from apps.access.policies.reaching import Level, levels_of
from apps.access.registry import known_actions
from apps.common.errors import AccessDenied, Invalid
from apps.console.pages import render_page
from apps.console.preferences import StaffRequest, signed_in_view
from apps.inboxes.models import Inbox
from apps.routing.models import Queue

MOST_PEOPLE = 500  # offered while typing


class Question(forms.Form):
    """May ``user`` do ``action`` to ``resource``, in that situation?"""

    user = forms.CharField(max_length=150, required=False)
    action = forms.CharField(max_length=80)
    resource = forms.CharField(max_length=300, required=False)
    at = forms.DateTimeField(required=False)
    ip = forms.GenericIPAddressField(required=False)
    mfa = forms.BooleanField(required=False)


@dataclass(frozen=True)
class Line:
    """One statement as the page shows it."""

    considered: Considered
    decides: bool
    marks: list[tuple[str, str, bool]]  # what, in particular, whether it fits

    @property
    def name(self) -> str:
        return self.considered.statement.sid

    @property
    def text(self) -> str:
        return as_text(self.considered.statement.source)


@require_safe
@signed_in_view
def why(request: StaffRequest) -> HttpResponse:
    """The question, and below it the answer."""
    asked = request.GET if "action" in request.GET else None
    form = Question(asked)
    context = _frame(request) | {
        "form": form,
        "actions": sorted(known_actions()),
        "resources": _examples(),
        "now": timezone.localtime(),
    }
    if asked is not None:
        context |= _answer(request, form)
    return render_page(request, "console/access/why.html", context, place="access")


@require_safe
@signed_in_view
def reach(request: StaffRequest) -> HttpResponse:
    """What somebody may do at all, app by app."""
    context = _frame(request)
    person = _person(request, context["username"])
    if person is not None:
        context |= {"person": person, "apps": list(_by_app(levels_of(person)))}
    return render_page(request, "console/access/reach.html", context, place="access")


def _frame(request: StaffRequest) -> dict[str, Any]:
    others = access.can(request.user, AccessAction.EXPLAIN)
    people = User.objects.filter(is_active=True).order_by("username") if others else User.objects.none()
    return {
        "others": others,
        "people": people[:MOST_PEOPLE],
        "username": request.GET.get("user", "") or request.user.username,
    }


def _answer(request: StaffRequest, form: Question) -> dict[str, Any]:
    if not form.is_valid():
        return {}
    asked = form.cleaned_data
    person = _person(request, asked["user"])
    if person is None:
        form.add_error("user", _("There is nobody of that name."))
        return {}
    situation = {"at": asked["at"], "ip": asked["ip"] or None, "mfa": asked["mfa"]}
    try:
        found = explain(person, asked["action"].strip(), asked["resource"].strip() or "*", **situation)
    except Invalid as error:
        for field, complaints in error.fields.items():
            form.add_error(field, [str(complaint) for complaint in complaints])
        return {}
    lines = _lines(found)
    speaking = [line for line in lines if line.considered.action]
    silent = [line for line in lines if not line.considered.action]
    return {"person": person, "found": found, "lines": speaking, "silent": silent}


def _person(request: StaffRequest, username: str) -> User | None:
    """Oneself, or whom one may ask about. Raises ``AccessDenied``."""
    if username in ("", request.user.username):
        return request.user
    if not access.can(request.user, AccessAction.EXPLAIN):
        raise AccessDenied(action=AccessAction.EXPLAIN)
    return User.objects.select_related("vendor").filter(username=username).first()


def _lines(found: Explanation) -> list[Line]:
    """The deciding statement first, then in the order in which they were asked."""
    deciding = found.deciding
    lines = [
        Line(
            one,
            deciding is not None
            and (one.policy, one.via, one.statement) == (deciding.policy, deciding.via, deciding.statement),
            list(_marks(one)),
        )
        for one in found.considered
    ]
    return sorted(lines, key=lambda line: not line.decides)


def _marks(one: Considered) -> Iterator[tuple[str, str, bool]]:
    written = one.statement.source
    yield _("Resource"), ", ".join(target.text for target in one.statement.targets), one.resource
    texts = (
        f"{operator} {key}: {', '.join(map(str, many(values)))}"
        for operator, keys in written.get("Condition", {}).items()
        for key, values in keys.items()
    )
    for text, (_condition, holds) in zip(texts, one.conditions, strict=False):
        yield _("Condition"), text, holds


def _examples() -> list[tuple[str, str]]:
    """What one may write as a resource, and what it means."""
    found = [("*", _("at all")), ("member/*", _("own, and in own queues and inboxes"))]
    for kind, model, words in (
        ("queue", Queue, _lazy("queue %(name)s")),
        ("inbox", Inbox, _lazy("inbox %(name)s")),
    ):
        rows = model.objects.order_by("name")[:50]
        found += [(f"{kind}/{row.slug}/*", str(words) % {"name": row.name}) for row in rows]
    return [*found, ("refund/*", _("every refund"))]


def _by_app(levels: Iterable[Level]) -> Iterator[tuple[str, list[Level], list[Level]]]:
    """Each app, what reaches somewhere, and what does not."""
    for app, rows in groupby(levels, key=lambda level: level.app):
        found = list(rows)
        yield (
            app,
            [level for level in found if level.places],
            [level for level in found if not level.places],
        )
