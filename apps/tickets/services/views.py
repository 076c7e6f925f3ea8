"""Saved views: one's own, and those that supervisors share."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import AccessDenied, Invalid
from apps.tickets import filtering, selectors
from apps.tickets.cleaning import clean_name
from apps.tickets.filtering import Filters
from apps.tickets.models import TicketView
from apps.tickets.permissions import TicketAction


def save_view(
    view: TicketView | None = None,
    *,
    actor: Any,
    name: str,
    filters: dict[str, Any],
    order: str = "activity",
    shared: bool = False,
    position: int = 0,
) -> TicketView:
    """Store a view, or change ``view``. Shared ones ask for ``SHARE_VIEW``.

    Raises ``AccessDenied``, or ``Invalid`` for filters or an order that do not exist, or a name that is taken.
    """
    _require_writer(actor, view, shared)
    parsed = check_view(filters=filters, order=order)
    view = view or TicketView()
    view.owner = None if shared else actor
    view.name = clean_name(name)
    view.filters = parsed.as_json()
    view.order, view.position = order, position
    try:
        with transaction.atomic():
            view.save()
            audit.record(actor=actor, action="tickets:SaveView", target=view, shared=shared)
    except IntegrityError as error:
        raise Invalid(fields={"name": [_("There is a view of this name.")]}) from error
    return view


def check_view(*, filters: dict[str, Any], order: str) -> Filters:
    """The filters of a view to be saved. Raises ``Invalid`` for filters or an order that do not exist."""
    if order not in selectors.ORDERS:
        raise Invalid(fields={"order": [_("There is no such order.")]})
    if not isinstance(filters, dict):
        raise Invalid(fields={"filters": [_("Give the filters as an object.")]})
    return filtering.parse(filters, strict=True)


@transaction.atomic
def delete_view(view: TicketView, *, actor: Any) -> None:
    """Forget a view; the tickets stay. Raises ``AccessDenied``."""
    _require_writer(actor, view, view.is_shared)
    audit.record(actor=actor, action="tickets:DeleteView", target=view, name=view.name)
    view.delete()


def _require_writer(actor: Actor, view: TicketView | None, shared: bool) -> None:
    access.require(actor, TicketAction.READ)
    if shared or (view is not None and view.is_shared):
        access.require(actor, TicketAction.SHARE_VIEW)
    if view is not None and not view.is_shared and view.owner_id != actor.pk:
        raise AccessDenied()
