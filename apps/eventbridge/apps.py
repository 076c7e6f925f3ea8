from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class EventbridgeConfig(DeskAppConfig):
    """Signed events from outside: verified, stored once, processed by a worker."""

    name = "apps.eventbridge"
    label = "eventbridge"
    verbose_name = _("Inbound events")
