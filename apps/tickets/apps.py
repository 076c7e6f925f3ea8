from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class TicketsConfig(DeskAppConfig):
    """Work that outlives a chat, with its clocks."""

    name = "apps.tickets"
    label = "tickets"
    verbose_name = _("Tickets")
