from django.urls import re_path
from rest_framework.routers import SimpleRouter

from apps.tickets.api.sla import SlaPolicyViewSet
from apps.tickets.api.views import TicketViewSet, TicketViewViewSet
from apps.tickets.api.visitor import VisitorTicketView

router = SimpleRouter()
router.register("tickets", TicketViewSet, basename="ticket")
router.register("ticket-views", TicketViewViewSet, basename="ticket-view")
router.register("sla-policies", SlaPolicyViewSet, basename="sla-policy")
urlpatterns = [
    # As the other visitor addresses: without a slash, one more is forgiven.
    re_path(r"^visitor/tickets/?$", VisitorTicketView.as_view(), name="visitor-tickets"),
    *router.urls,
]
