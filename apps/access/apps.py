from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class AccessConfig(DeskAppConfig):
    """Who may do what: users, roles, grants, tokens."""

    name = "apps.access"
    label = "access"
    verbose_name = _("People and access")
