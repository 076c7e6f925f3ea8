from django.urls import path

from apps.surveys.views import RatingView

urlpatterns = [path("r/<str:token>/", RatingView.as_view(), name="survey-rate")]
