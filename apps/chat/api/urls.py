from django.urls import re_path
from rest_framework.routers import SimpleRouter

from apps.chat.api import opening, visitor
from apps.chat.api.parcels import ParcelView
from apps.chat.api.rules import TerminationRuleViewSet
from apps.chat.api.sessions import ChatSessionViewSet

router = SimpleRouter()
router.register("sessions", ChatSessionViewSet, basename="session")
router.register("termination-rules", TerminationRuleViewSet, basename="termination-rule")

OF_SESSION = {
    "messages": visitor.MessagesView,
    "search": visitor.SearchView,
    "cancel": visitor.CancelView,
    "received": visitor.ReceivedView,
    "read": visitor.ReadView,
    "typing": visitor.TypingView,
    "human": visitor.HumanView,
    "bot": visitor.BotView,
    "end": visitor.EndView,
    "reopen": visitor.ReopenView,
    "contact": visitor.ContactView,
    "page": visitor.PageView,
}

# The visitor's addresses end without a slash, as the protocol writes them; one more is forgiven.
urlpatterns = [
    re_path(r"^visitor/sessions/?$", opening.OpenView.as_view(), name="visitor-sessions"),
    re_path(r"^visitor/config/?$", opening.ConfigView.as_view(), name="visitor-config"),
    re_path(r"^visitor/uploads/?$", visitor.UploadView.as_view(), name="visitor-uploads"),
    re_path(
        r"^visitor/sessions/(?P<session_id>[\w-]{1,22})/?$",
        visitor.StateView.as_view(),
        name="visitor-session",
    ),
    *(
        re_path(
            rf"^visitor/sessions/(?P<session_id>[\w-]{{1,22}})/{name}/?$",
            view.as_view(),
            name=f"visitor-{name}",
        )
        for name, view in OF_SESSION.items()
    ),
    re_path(
        r"^visitor/sessions/(?P<session_id>[\w-]{1,22})/parcels/(?P<parcel_id>\d{1,18})/?$",
        ParcelView.as_view(),
        name="visitor-parcel",
    ),
    *router.urls,
]
