from apps.common.appconfig import DeskAppConfig
from apps.common.forks import forget_connections_after_fork


class CommonConfig(DeskAppConfig):
    """Foundations shared by every app; no models."""

    name = "apps.common"
    label = "common"

    def ready(self) -> None:
        super().ready()
        forget_connections_after_fork()
