"""Web addresses of the desk. Each app brings its own; the order here is the order of matching."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.access.signin.views.entering import to_sign_in
from apps.access.views import choose_language

API_APPS = [
    "access",
    "audit",
    "customers",
    "inboxes",
    "notifications",
    "eventbridge",
    "routing",
    "knowledge",
    "orders",
    "chat",
    "surveys",
    "tickets",
    "refunds",
    "monitoring",
]

urlpatterns = [
    path("admin/login/", to_sign_in),  # one door for everybody
    path("admin/", admin.site.urls),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    *(path("api/v1/", include(f"apps.{name}.api.urls")) for name in API_APPS),
    path("accounts/", include("apps.access.signin.urls")),
    path("i18n/setlang/", choose_language, name="set_language"),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("", include("apps.notifications.urls")),
    path("", include("apps.monitoring.urls")),
    path("", include("apps.chat.urls")),
    path("", include("apps.surveys.urls")),
    path("", include("apps.tickets.urls")),
    path("", include("apps.console.urls")),
]

handler404 = "apps.common.api.errors.not_found"
handler500 = "apps.common.api.errors.failed"
