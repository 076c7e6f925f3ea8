from apps.routing.models.calendars import ServiceCalendar, ServiceHours, SpecialHours, SpecialPeriod
from apps.routing.models.overflow import OverflowStep, OverflowTaken
from apps.routing.models.queues import (
    SERVE,
    SUPERVISE,
    Queue,
    QueueGroupObjectPermission,
    QueueUserObjectPermission,
    RoutingRule,
)
from apps.routing.models.seats import AgentSeat, PresenceSpan
from apps.routing.models.skills import AgentSkill, Skill
from apps.routing.models.work import Assignment, Offer, QueueEntry

__all__ = [
    "SERVE",
    "SUPERVISE",
    "AgentSeat",
    "AgentSkill",
    "Assignment",
    "Offer",
    "OverflowStep",
    "OverflowTaken",
    "PresenceSpan",
    "Queue",
    "QueueEntry",
    "QueueGroupObjectPermission",
    "QueueUserObjectPermission",
    "RoutingRule",
    "ServiceCalendar",
    "ServiceHours",
    "Skill",
    "SpecialHours",
    "SpecialPeriod",
]
