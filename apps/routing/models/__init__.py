from apps.routing.models.calendars import ServiceCalendar, ServiceHours
from apps.routing.models.queues import (
    SERVE,
    SUPERVISE,
    Queue,
    QueueGroupObjectPermission,
    QueueUserObjectPermission,
    RoutingRule,
)
from apps.routing.models.seats import AgentSeat
from apps.routing.models.work import Assignment, Offer, QueueEntry

__all__ = [
    "SERVE",
    "SUPERVISE",
    "AgentSeat",
    "Assignment",
    "Offer",
    "Queue",
    "QueueEntry",
    "QueueGroupObjectPermission",
    "QueueUserObjectPermission",
    "RoutingRule",
    "ServiceCalendar",
    "ServiceHours",
]
