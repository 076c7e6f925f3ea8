from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.access.api.explaining import ExplainView, ReachView
from apps.access.api.grants import GrantViewSet, OwnGrantViewSet
from apps.access.api.people import UserViewSet
from apps.access.api.policies import PolicyViewSet
from apps.access.api.programs import ApiClientViewSet, ApiTokenViewSet, RoleViewSet
from apps.access.api.role_sessions import RoleSessionViewSet
from apps.access.api.signin import LockOutViewSet, SignInViewSet, WebSessionViewSet
from apps.access.api.vendors import RevealViewSet, VendorViewSet
from apps.access.api.views import MeView

router = SimpleRouter()
router.register("users", UserViewSet, basename="user")
router.register("grants", GrantViewSet, basename="grant")
router.register("me/grants", OwnGrantViewSet, basename="own-grant")
router.register("role-sessions", RoleSessionViewSet, basename="role-session")
router.register("roles", RoleViewSet, basename="role")
router.register("policies", PolicyViewSet, basename="policy")
router.register("api-clients", ApiClientViewSet, basename="api-client")
router.register("api-tokens", ApiTokenViewSet, basename="api-token")
router.register("users", SignInViewSet, basename="user-sign-in")
router.register("web-sessions", WebSessionViewSet, basename="web-session")
router.register("lock-outs", LockOutViewSet, basename="lock-out")
router.register("vendors", VendorViewSet, basename="vendor")
router.register("reveals", RevealViewSet, basename="reveal")
urlpatterns = [
    path("me/", MeView.as_view(), name="me"),
    path("access/explain/", ExplainView.as_view(), name="explain-access"),
    path("access/reach/", ReachView.as_view(), name="access-reach"),
    *router.urls,
]
