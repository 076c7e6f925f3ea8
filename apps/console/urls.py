"""Pages: the demo shop, the widget, the console."""

from apps.console import shop, widget

urlpatterns = [
    *shop.urlpatterns,
    *widget.urlpatterns,
]
