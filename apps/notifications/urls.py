from django.urls import path

from apps.notifications.views import OptOutView

urlpatterns = [path("n/<str:token>/", OptOutView.as_view(), name="notification-opt-out")]
