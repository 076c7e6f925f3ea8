from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.routing.api.calendars import CalendarViewSet, SpecialPeriodViewSet
from apps.routing.api.queues import QueueViewSet
from apps.routing.api.rules import AgentSkillViewSet, OverflowStepViewSet, RoutingRuleViewSet, SkillViewSet
from apps.routing.api.views import AgentViewSet, DecideView, OfferViewSet, PresenceView

router = SimpleRouter()
router.register("queues", QueueViewSet, basename="queue")
router.register("agents", AgentViewSet, basename="agent")
router.register("offers", OfferViewSet, basename="offer")
router.register("calendars", CalendarViewSet, basename="calendar")
router.register("special-periods", SpecialPeriodViewSet, basename="special-period")
router.register("overflow-steps", OverflowStepViewSet, basename="overflow-step")
router.register("skills", SkillViewSet, basename="skill")
router.register("agent-skills", AgentSkillViewSet, basename="agent-skill")
router.register("routing/rules", RoutingRuleViewSet, basename="routing-rule")
urlpatterns = [
    *router.urls,
    path("presence/", PresenceView.as_view(), name="presence"),
    path("routing/decide/", DecideView.as_view(), name="routing-decide"),
]
