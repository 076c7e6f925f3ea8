"""``POST /api/v1/visitor/tickets``: the message that a visitor leaves when nobody is there."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.chat.api.chatting import valid
from apps.chat.api.visitor import VisitorAuthentication
from apps.chat.models import ChatSession
from apps.common import throttle
from apps.common.errors import AccessDenied
from apps.inboxes.embedding import is_trusted_page
from apps.inboxes.selectors import active_inbox
from apps.tickets import links, services
from apps.tickets.api.serializers import FormInput, FormOutput

PER_ADDRESS = 20  # forms in ten minutes
PER_MAILBOX = 5  # forms in ten minutes; each may cause a mail to an address that somebody merely typed
WINDOW_S = 600


class MayLeaveMessage(BasePermission):
    """Open to the internet by intent; a token that is sent has to be a visitor's."""

    def has_permission(self, request, view):
        return request.auth is None or isinstance(request.auth, ChatSession)


class VisitorTicketView(APIView):
    """Leave a message that becomes a ticket; with a visitor's token it is linked to their chat."""

    authentication_classes = [VisitorAuthentication]
    permission_classes = [MayLeaveMessage]
    throttle_classes: list = []

    @extend_schema(
        operation_id="visitor_leave_message",
        request={"application/json": FormInput, "multipart/form-data": FormInput},
        responses={201: FormOutput},
    )
    def post(self, request):
        body = valid(FormInput, request.data)
        inbox = active_inbox(body.pop("inbox"))
        if not is_trusted_page(request, inbox):
            raise AccessDenied("This page may not leave messages here.")
        self._throttle(request, body["email"])
        uploads = body.pop("files")
        ticket = services.submit_form(
            services.Form(**body), inbox=inbox, session=request.auth, uploads=uploads
        )
        answer = {"ticket": ticket.label, "url": links.page_path(ticket)}
        return Response(answer, status=201)

    @staticmethod
    def _throttle(request, email: str) -> None:
        address = request.META.get("REMOTE_ADDR", "")
        throttle.require(f"ticket-form:{address}", limit=PER_ADDRESS, window_s=WINDOW_S)
        if email:
            mailbox = email.strip().lower()
            throttle.require(f"ticket-form-mail:{mailbox}", limit=PER_MAILBOX, window_s=WINDOW_S)
