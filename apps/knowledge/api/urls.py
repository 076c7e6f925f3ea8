from rest_framework.routers import SimpleRouter

from apps.knowledge.api.sops import FeedbackViewSet, SopViewSet
from apps.knowledge.api.views import CannedReplyViewSet, FaqViewSet

router = SimpleRouter()
router.register("faqs", FaqViewSet, basename="faq")
router.register("canned-replies", CannedReplyViewSet, basename="canned-reply")
router.register("sops", SopViewSet, basename="sop")
router.register("suggestion-feedback", FeedbackViewSet, basename="suggestion-feedback")
urlpatterns = router.urls
