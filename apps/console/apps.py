from apps.common.appconfig import DeskAppConfig


class ConsoleConfig(DeskAppConfig):
    """The pages of the desk; no models."""

    name = "apps.console"
    label = "console"
