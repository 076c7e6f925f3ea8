"""The figures of the dashboard as tiles under headings."""

from django.utils.translation import gettext as _

from apps.console.tiles import chats, work
from apps.console.tiles.base import Group
from apps.monitoring.figures import Today

__all__ = ["groups_of"]


def groups_of(today: Today) -> list[Group]:
    """Everything on the dashboard above the charts, worded in the reader's language."""
    return [
        Group("service", _("Service"), chats.service(today)),
        Group("handling", _("Handling"), chats.handling(today.handling)),
        Group("outcome", _("Outcome"), chats.outcome(today)),
        Group("tickets", _("Tickets"), work.tickets(today.tickets)),
        Group("refunds", _("Refunds"), work.refunds(today.refunds)),
    ]
