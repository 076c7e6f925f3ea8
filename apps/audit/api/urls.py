from rest_framework.routers import SimpleRouter

from apps.audit.api.views import AuditEventViewSet, AuditSealViewSet

router = SimpleRouter()
router.register("audit-events", AuditEventViewSet, basename="audit-event")
router.register("audit-seals", AuditSealViewSet, basename="audit-seal")
urlpatterns = router.urls
