from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class CustomersConfig(DeskAppConfig):
    """The people who ask."""

    name = "apps.customers"
    label = "customers"
    verbose_name = _("Customers")
