from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class AuditConfig(DeskAppConfig):
    """What was done, by whom: append-only."""

    name = "apps.audit"
    label = "audit"
    verbose_name = _("Audit")
