"""The dialog that asks for a refund: from an order, a chat or a ticket."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.access import services as access
from apps.common.errors import DomainError, Invalid, NotFound
from apps.common.money import Money, parse_money
from apps.console.pages import done
from apps.console.preferences import StaffRequest, console_view
from apps.refunds import selectors, services
from apps.refunds.enums import RefundReason, RefundState
from apps.refunds.models.refund import NOTE_MAX
from apps.refunds.permissions import RefundAction
from apps.refunds.selectors import Choices, Occasion

REFRESH = ("refunds", "orders", "order")


@require_http_methods(["GET", "POST"])
@console_view
def new_refund(request: StaffRequest) -> HttpResponse:
    """The sheet for ``order``, and what it sends; ``session`` and ``ticket`` say where the wish came up."""
    access.require(request.user, RefundAction.REQUEST)
    found = _occasion(request)
    if request.method == "GET":
        return _form(request, found)
    try:
        refund = services.request_refund(
            found.order,
            actor=request.user,
            amount=request.POST.get("amount", "").strip().replace("，", "").replace(",", ""),
            items=_items(request.POST),
            reason=request.POST.get("reason", ""),
            note=request.POST.get("note", ""),
            session=found.session,
            ticket=found.ticket,
            ref=_ref(request.POST.get("ref", "")),
        )
    except DomainError as error:
        return _form(request, found, error)
    waits = refund.state == RefundState.REQUESTED
    said = _("%(amount)s waits for approval") if waits else _("%(amount)s is being refunded")
    return done(say=said % {"amount": refund.money}, refresh=REFRESH)


def _occasion(request: StaffRequest) -> Occasion:
    asked = request.POST if request.method == "POST" else request.GET
    names = {name: asked.get(key, "") for name, key in NAMES.items()}
    try:
        return selectors.occasion(request.user, **names)
    except NotFound as error:
        raise Http404 from error


NAMES = {"order_no": "order", "session": "session", "ticket": "ticket"}


def _items(values: QueryDict) -> list[services.Item]:
    """``qty_<position>`` above zero. What is no number is dropped here and missed by the requester at once."""
    found = []
    for name in values:
        text = values.get(name, "")
        position = name.removeprefix("qty_")
        if name != position and position.isdecimal() and text.isdecimal() and 0 < int(text) < 10**6:
            found.append(services.Item(int(position), int(text)))
    return found


def _ref(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(_("Reload the page and try again.")) from error


def _form(request: StaffRequest, found: Occasion, error: DomainError | None = None) -> HttpResponse:
    values = request.POST
    faults = {name: " ".join(map(str, texts)) for name, texts in getattr(error, "fields", {}).items()}
    context = {
        "found": found,
        "reasons": RefundReason.choices,
        "note_max": NOTE_MAX,
        "values": values,
        "items_fault": faults.pop("items", ""),
        "faults": faults,
        "problem": error.detail if error and not getattr(error, "fields", {}) else "",
        "ref": values.get("ref") or uuid4(),
        **_sum(request, found, values),
    }
    return render(request, "console/refunds/_dialog.html", context, status=422 if error else 200)


@require_safe
@console_view
def sum_of(request: StaffRequest) -> HttpResponse:
    """What the chosen articles or the typed amount come to, and whether a second person is needed."""
    access.require(request.user, RefundAction.REQUEST)
    found = _occasion(request)
    chosen = request.GET.get("from") == "items"
    context = {"found": found, "oob": True, "chosen": chosen, **_sum(request, found, request.GET)}
    return render(request, "console/refunds/_sum.html", context)


@dataclass(frozen=True)
class Line:
    """A line of the order in the dialog, with the pieces chosen of it."""

    line: Any
    left: int
    chosen: int

    @property
    def counts(self) -> range:
        """What can be chosen."""
        return range(self.left + 1)


def _sum(request: StaffRequest, found: Occasion, values: QueryDict) -> dict[str, Any]:
    choices = selectors.choices(request.user, found.order)
    wanted = {item.position: item.qty for item in _items(values)}
    lines = [
        Line(row.line, row.left, min(wanted.get(row.line.position, 0), row.left))
        for row in choices.refundable.lines
    ]
    amount = values.get("amount", "")
    if values.get("from") == "items":
        amount = _total(lines, choices)
    money = _read(amount, choices.currency)
    most = Money(Decimal(choices.most), choices.currency)
    alone = Money(Decimal(choices.alone), choices.currency)
    return {
        "choices": choices,
        "lines": lines,
        "amount": amount,
        "money": money,
        "most": most,
        "alone": alone,
        "too_much": bool(money and money.amount > most.amount),
        "needs_approval": bool(money and money.amount > alone.amount),
    }


def _total(lines: list[Line], choices: Choices) -> str:
    """What was paid for the chosen pieces, never more than is left; empty where none is chosen."""
    total = sum((line.line.unit_price * line.chosen for line in lines), Decimal(0))
    capped = Money(min(total, Decimal(choices.most)), choices.currency)
    return capped.as_json()["amount"] if total else ""


def _read(text: str, currency: str) -> Money | None:
    """The typed amount, as far as it is one."""
    try:
        money = parse_money(text.replace(",", ""), currency=currency)
    except Invalid:
        return None
    return money if money.amount > 0 else None
