from rest_framework.routers import SimpleRouter

from apps.knowledge.api.views import CannedReplyViewSet, FaqViewSet

router = SimpleRouter()
router.register("faqs", FaqViewSet, basename="faq")
router.register("canned-replies", CannedReplyViewSet, basename="canned-reply")
urlpatterns = router.urls
