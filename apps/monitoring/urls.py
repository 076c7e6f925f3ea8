from django.urls import path

from apps.monitoring.views import metrics

urlpatterns = [path("metrics", metrics, name="metrics")]
