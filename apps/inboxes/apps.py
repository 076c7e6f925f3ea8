from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class InboxesConfig(DeskAppConfig):
    """Configured channels through which customers reach the desk."""

    name = "apps.inboxes"
    label = "inboxes"
    verbose_name = _("Channels")
