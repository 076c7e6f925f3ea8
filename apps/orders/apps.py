from django.utils.translation import gettext_lazy as _

from apps.common.appconfig import DeskAppConfig


class OrdersConfig(DeskAppConfig):
    """A mirror of the shop's orders, payments and parcels."""

    name = "apps.orders"
    label = "orders"
    verbose_name = _("Orders and parcels")
