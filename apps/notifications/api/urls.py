from rest_framework.routers import SimpleRouter

from apps.notifications.api.views import NotificationViewSet, OutgoingEmailViewSet
from apps.notifications.api.wishes import OptOutViewSet, TemplateViewSet

router = SimpleRouter()
router.register("notifications", NotificationViewSet, basename="notification")
router.register("outgoing-emails", OutgoingEmailViewSet, basename="outgoing-email")
router.register("notification-templates", TemplateViewSet, basename="notification-template")
router.register("opt-outs", OptOutViewSet, basename="opt-out")
urlpatterns = router.urls
