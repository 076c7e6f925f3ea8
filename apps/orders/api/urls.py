from django.urls import re_path
from rest_framework.routers import SimpleRouter

from apps.orders.api.parcels import ParcelViewSet
from apps.orders.api.pushes import Kuaidi100PushView, Track17PushView
from apps.orders.api.views import OrderViewSet, ProductViewSet

router = SimpleRouter()
router.register("orders", OrderViewSet, basename="order")
router.register("parcels", ParcelViewSet, basename="parcel")
router.register("products", ProductViewSet, basename="product")
urlpatterns = [
    re_path(
        r"^carriers/kuaidi100/push/(?P<token>[\w:-]{1,100})/?$",
        Kuaidi100PushView.as_view(),
        name="carrier-push",
    ),
    re_path(r"^carriers/track17/push/?$", Track17PushView.as_view(), name="carrier-push-track17"),
    *router.urls,
]
