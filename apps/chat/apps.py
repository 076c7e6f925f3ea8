from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class ChatConfig(DeskAppConfig):
    """One bounded live exchange of a customer with the desk."""

    name = "apps.chat"
    label = "chat"
    verbose_name = _("Chats")
