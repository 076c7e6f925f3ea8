from rest_framework.routers import SimpleRouter

from apps.knowledge.api.categories import CategoryViewSet
from apps.knowledge.api.revisions import RevisionViewSet
from apps.knowledge.api.sops import FeedbackViewSet, SopViewSet
from apps.knowledge.api.views import CannedReplyViewSet, FaqViewSet

router = SimpleRouter()
router.register("faqs", FaqViewSet, basename="faq")
router.register("faq-categories", CategoryViewSet, basename="faq-category")
router.register("canned-replies", CannedReplyViewSet, basename="canned-reply")
router.register("sops", SopViewSet, basename="sop")
router.register(r"sops/(?P<slug>[-a-zA-Z0-9_]{1,80})/revisions", RevisionViewSet, basename="sop-revision")
router.register("suggestion-feedback", FeedbackViewSet, basename="suggestion-feedback")
urlpatterns = router.urls
