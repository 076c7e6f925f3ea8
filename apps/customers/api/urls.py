from rest_framework.routers import SimpleRouter

from apps.customers.api import privacy
from apps.customers.api.views import CustomerViewSet

router = SimpleRouter()
router.register("customers", CustomerViewSet, basename="customer")
router.register("customers", privacy.CustomerPrivacyViewSet, basename="customer-privacy")
router.register("retention-rules", privacy.RetentionRuleViewSet, basename="retention-rule")
router.register("purges", privacy.PurgeRunViewSet, basename="purge")
router.register("customer-exports", privacy.ExportViewSet, basename="customer-export")
router.register("erasures", privacy.ErasureViewSet, basename="erasure")
urlpatterns = router.urls
