from apps.common.appconfig import DeskAppConfig


class CustomersConfig(DeskAppConfig):
    """The people who ask."""

    name = "apps.customers"
    label = "customers"
