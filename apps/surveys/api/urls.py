from django.urls import re_path
from rest_framework.routers import SimpleRouter

from apps.surveys.api.views import RateView, SurveyViewSet

router = SimpleRouter()
router.register("surveys", SurveyViewSet, basename="survey")
urlpatterns = [
    re_path(
        r"^visitor/sessions/(?P<session_id>[\w-]{1,22})/rate/?$", RateView.as_view(), name="visitor-rate"
    ),
    *router.urls,
]
