from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class RoutingConfig(DeskAppConfig):
    """Who gets which work: hours, queues, seats, offers."""

    name = "apps.routing"
    label = "routing"
    verbose_name = _("Routing")
