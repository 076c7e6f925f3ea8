from rest_framework.routers import SimpleRouter

from apps.inboxes.api.views import InboxViewSet

router = SimpleRouter()
router.register("inboxes", InboxViewSet, basename="inbox")
urlpatterns = router.urls
