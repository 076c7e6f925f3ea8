from django.urls import re_path
from rest_framework.routers import SimpleRouter

from apps.refunds.api.views import NoticeView, RefundViewSet

router = SimpleRouter()
router.register("refunds", RefundViewSet, basename="refund")
urlpatterns = [
    re_path(r"^refunds/notices/(?P<gateway>[a-z0-9-]{1,32})/$", NoticeView.as_view(), name="refund-notices"),
    *router.urls,
]
