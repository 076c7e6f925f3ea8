from django.urls import re_path
from rest_framework.routers import SimpleRouter

from apps.eventbridge.api.receiving import EventsView
from apps.eventbridge.api.sources import EventSourceViewSet
from apps.eventbridge.api.views import InboundEventViewSet

router = SimpleRouter()
router.register("event-sources", EventSourceViewSet, basename="event-source")
router.register("inbound-events", InboundEventViewSet, basename="inbound-event")
urlpatterns = [
    re_path(r"^events/(?P<source>[\w-]{1,50})/?$", EventsView.as_view(), name="events"),
    *router.urls,
]
