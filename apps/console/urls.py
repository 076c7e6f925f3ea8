"""Pages: the demo shop, the widget, the console."""

from django.urls import include, path

from apps.console import shop, widget

urlpatterns = [
    path("console/", include("apps.console.desk_urls")),
    *shop.urlpatterns,
    *widget.urlpatterns,
]
