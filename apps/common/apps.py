from apps.common.appconfig import DeskAppConfig


class CommonConfig(DeskAppConfig):
    """Foundations shared by every app; no models."""

    name = "apps.common"
    label = "common"
