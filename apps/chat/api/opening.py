"""``/api/v1/visitor/``: what anybody may ask for: how the chat looks, and to open it."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.access.authentication import bearer_token
from apps.chat import services
from apps.chat.api import inputs, outputs
from apps.chat.api.chatting import valid
from apps.chat.services.attachments import ALLOWED_TYPES
from apps.common import throttle
from apps.common.api.permissions import IsPublic
from apps.common.errors import AccessDenied
from apps.inboxes.embedding import is_trusted_page
from apps.inboxes.models import Inbox
from apps.inboxes.selectors import active_inbox
from apps.routing import selectors as routing
from apps.routing.errors import NoQueue
from apps.routing.rules import Case


class OpenView(APIView):
    """Open the chat, or resume the live one of the same customer and inbox."""

    authentication_classes: list = []
    permission_classes = [IsPublic]
    throttle_classes: list = []

    @extend_schema(
        operation_id="visitor_open", request=inputs.OpenInput, responses={201: outputs.OpenedOutput}
    )
    def post(self, request):
        address = request.META.get("REMOTE_ADDR", "")
        throttle.require(f"open:{address}", limit=settings.CHAT_OPEN_PER_MINUTE, window_s=60)
        body = valid(inputs.OpenInput, request.data)
        self._require_page(request, body["inbox"])
        page = services.Page(body["source"], body["page_title"], body["product_category"], body["product"])
        visit = services.open_session(
            inbox_slug=body["inbox"],
            token=bearer_token(request),
            identity=body["identity"] or "",
            channel=body["channel"],
            page=page,
            locale=body["locale"],
            contact=body["customer"],
        )
        answer = {
            "session": visit.session.public_id,
            "token": visit.token,
            "ws_url": "/ws/visitor/",
            "resumed": visit.resumed,
        }
        return Response(answer, status=201)

    @staticmethod
    def _require_page(request, slug: str) -> None:
        """A browser must be on a page that may embed the inbox. Raises ``AccessDenied``."""
        if not is_trusted_page(request, active_inbox(slug)):
            raise AccessDenied("This page may not open a chat here.")


class ConfigView(APIView):
    """What the widget shows before the chat is open."""

    authentication_classes: list = []
    permission_classes = [IsPublic]

    @extend_schema(
        operation_id="visitor_config",
        parameters=[inputs.ConfigQuery],
        responses=outputs.InboxConfigOutput,
    )
    def get(self, request):
        query = valid(inputs.ConfigQuery, request.query_params)
        inbox = active_inbox(query["inbox"])
        locale = query["locale"] or inbox.default_locale
        return Response(
            {
                "inbox": inbox.slug,
                "shop_name": inbox.shop_name,
                "color": inbox.color,
                "privacy_url": inbox.privacy_url,
                "greeting": inbox.greeting_in(locale),
                "locale": locale,
                "hours": _hours(inbox, locale),
                "quick_questions": inbox.quick_questions_in(locale),
                "upload": {"max_bytes": settings.UPLOAD_MAX_BYTES, "types": ALLOWED_TYPES},
            }
        )


def _hours(inbox: Inbox, locale: str) -> dict[str, Any]:
    """Whether humans are there now for a chat that says nothing more of itself."""
    case = Case(channel=inbox.channel, locale=locale, inbox=inbox.slug)
    try:
        opening = routing.opening(routing.decide_for(case).queue, timezone.now())
    except NoQueue:  # a desk that is not set up yet has only its robot
        return {"open": False, "opens_at": None}
    return {"open": opening.open, "opens_at": opening.opens_at}
