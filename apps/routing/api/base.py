from typing import Any, ClassVar

from apps.audit.api.configuring import ConfigurationViewSet
from apps.routing import services
from apps.routing.permissions import RoutingAction


class RoutingConfigurationViewSet(ConfigurationViewSet):
    """Those who see queues see how they are set up; managers change it, through the services."""

    read_action: ClassVar[str] = RoutingAction.READ_QUEUE
    manage_action = RoutingAction.MANAGE_QUEUES

    def save_row(self, row: Any, *, changed: list[str], related: dict[str, Any]) -> Any:
        return services.save_configuration(row, actor=self.person, changed=changed, related=related)

    def delete_row(self, row: Any) -> None:
        services.delete_configuration(row, actor=self.person)
