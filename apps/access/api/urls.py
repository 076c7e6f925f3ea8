from django.urls import path

from apps.access.api.views import MeView

urlpatterns = [path("me/", MeView.as_view(), name="me")]
