from django.urls import re_path
from rest_framework.routers import SimpleRouter

from apps.refunds.api.settings import RefundLimitViewSet, RefundReportViewSet
from apps.refunds.api.views import NoticeView, RefundViewSet

router = SimpleRouter()
router.register("refunds", RefundViewSet, basename="refund")
router.register("refund-limits", RefundLimitViewSet, basename="refund-limit")
router.register("refund-reports", RefundReportViewSet, basename="refund-report")
urlpatterns = [
    re_path(r"^refunds/notices/(?P<gateway>[a-z0-9-]{1,32})/$", NoticeView.as_view(), name="refund-notices"),
    *router.urls,
]
