from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class NotificationsConfig(DeskAppConfig):
    """What the desk tells customers by itself: an outbox, its templates, and the channels."""

    name = "apps.notifications"
    label = "notifications"
    verbose_name = _("Notifications")
