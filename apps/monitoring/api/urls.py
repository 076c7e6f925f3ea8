from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.monitoring.api.rules import AlertRuleViewSet, AlertWebhookViewSet
from apps.monitoring.api.views import AlertViewSet, FiguresView

router = SimpleRouter()
router.register("alerts", AlertViewSet, basename="alert")
router.register("alert-rules", AlertRuleViewSet, basename="alert-rule")
router.register("alert-webhooks", AlertWebhookViewSet, basename="alert-webhook")
urlpatterns = [*router.urls, path("figures/today/", FiguresView.as_view(), name="figures-today")]
