from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.routing.api.views import AgentViewSet, DecideView, OfferViewSet, PresenceView, QueueViewSet

router = SimpleRouter()
router.register("queues", QueueViewSet, basename="queue")
router.register("agents", AgentViewSet, basename="agent")
router.register("offers", OfferViewSet, basename="offer")
urlpatterns = [
    *router.urls,
    path("presence/", PresenceView.as_view(), name="presence"),
    path("routing/decide/", DecideView.as_view(), name="routing-decide"),
]
