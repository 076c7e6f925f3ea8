from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class RefundsConfig(DeskAppConfig):
    """Money back to customers: asked for, approved, executed once."""

    name = "apps.refunds"
    label = "refunds"
    verbose_name = _("Refunds")
