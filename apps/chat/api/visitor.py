"""``/api/v1/visitor/``: the chat without a socket, for whoever has a token of it."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from apps.access.authentication import bearer_token
from apps.chat import selectors, services
from apps.chat.api import chatting, inputs, outputs
from apps.chat.api.chatting import valid
from apps.chat.enums import Side
from apps.chat.models import ChatSession
from apps.common.errors import NotFound


class VisitorAuthentication(BaseAuthentication):
    """A visitor's token; ``request.auth`` is the session that it opens, ``request.user`` its customer."""

    def authenticate(self, request):
        token = bearer_token(request)
        session = services.session_of_token(token) if token else None
        if token and session is None:
            raise exceptions.AuthenticationFailed("This visitor token is unknown or expired.")
        return (session.customer, session) if session else None

    def authenticate_header(self, request):
        return 'Bearer realm="visitor"'


class VisitorScheme(OpenApiAuthenticationExtension):
    target_class = VisitorAuthentication
    name = "visitorToken"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "Token of POST /api/v1/visitor/sessions"}


class HasVisitorToken(BasePermission):
    """The token of the very session that the address names."""

    def has_permission(self, request, view):
        return isinstance(request.auth, ChatSession)


class VisitorThrottle(SimpleRateThrottle):
    """Per session: customers and users have keys that may be the same number."""

    scope = "visitor"

    def get_cache_key(self, request, view):
        session = request.auth
        return self.cache_format % {"scope": self.scope, "ident": session.pk} if session else None


class SessionView(APIView):
    """Base: the visitor's own session."""

    authentication_classes = [VisitorAuthentication]
    permission_classes = [HasVisitorToken]
    throttle_classes = [VisitorThrottle]

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if kwargs.get("session_id") not in (None, request.auth.public_id):
            raise NotFound("There is no such chat.")
        services.touch_customer(request.auth)

    def state(self, request) -> Response:
        """The ``session`` frame, and under its own name what the socket would send before it (the survey)."""
        session = selectors.session_by_public_id(request.auth.public_id)
        *extras, state = selectors.state_frames(session, Side.CUSTOMER)
        return Response(state | {frame["type"]: frame for frame in extras})


class StateView(SessionView):
    @extend_schema(operation_id="visitor_state", responses=outputs.SessionOutput)
    def get(self, request, session_id):
        return self.state(request)


class MessagesView(SessionView):
    @extend_schema(
        operation_id="visitor_messages", parameters=[inputs.PageQuery], responses=outputs.MessagePageOutput
    )
    def get(self, request, session_id):
        return chatting.messages(request, request.auth, Side.CUSTOMER)

    @extend_schema(
        operation_id="visitor_send",
        request=inputs.SendInput,
        responses={201: outputs.AckOutput, 200: outputs.AckOutput},
    )
    def post(self, request, session_id):
        return chatting.send(request, request.auth, request.user)


class SearchView(SessionView):
    @extend_schema(
        operation_id="visitor_search", parameters=[inputs.SearchQuery], responses=outputs.HitsOutput
    )
    def get(self, request, session_id):
        return chatting.search(request, request.auth, Side.CUSTOMER)


class CancelView(SessionView):
    @extend_schema(operation_id="visitor_cancel", request=inputs.RefInput, responses=outputs.CancelOutput)
    def post(self, request, session_id):
        return chatting.cancel(request, request.auth, request.user)


class ReceivedView(SessionView):
    @extend_schema(operation_id="visitor_received", request=inputs.SeqInput, responses={204: None})
    def post(self, request, session_id):
        services.record_received(request.auth, actor=request.user, **valid(inputs.SeqInput, request.data))
        return Response(status=204)


class ReadView(SessionView):
    @extend_schema(operation_id="visitor_read", request=inputs.SeqInput, responses={204: None})
    def post(self, request, session_id):
        services.record_read(request.auth, actor=request.user, **valid(inputs.SeqInput, request.data))
        return Response(status=204)


class TypingView(SessionView):
    @extend_schema(operation_id="visitor_typing", request=inputs.TypingInput, responses={204: None})
    def post(self, request, session_id):
        return chatting.typing(request, request.auth, request.user, Side.CUSTOMER)


class HumanView(SessionView):
    @extend_schema(operation_id="visitor_human", request=None, responses=outputs.SessionOutput)
    def post(self, request, session_id):
        services.hand_off(request.auth, actor=request.user, reason="asked")
        return self.state(request)


class BotView(SessionView):
    @extend_schema(operation_id="visitor_bot", request=None, responses=outputs.SessionOutput)
    def post(self, request, session_id):
        """Back to the robot, where that is offered."""
        services.return_to_bot(request.auth, actor=request.user)
        return self.state(request)


class EndView(SessionView):
    @extend_schema(operation_id="visitor_end", request=None, responses=outputs.SessionOutput)
    def post(self, request, session_id):
        services.close_session(request.auth, actor=request.user)
        return self.state(request)


class ReopenView(SessionView):
    @extend_schema(operation_id="visitor_reopen", request=None, responses=outputs.SessionOutput)
    def post(self, request, session_id):
        services.reopen_session(request.auth, actor=request.user)
        return self.state(request)


class ContactView(SessionView):
    @extend_schema(
        operation_id="visitor_contact",
        request=inputs.VisitorContactInput,
        responses=inputs.VisitorContactInput,
    )
    def post(self, request, session_id):
        customer = services.update_contact(
            request.auth, actor=request.user, **valid(inputs.VisitorContactInput, request.data)
        )
        return Response({"name": customer.name, "email": customer.email, "phone": customer.phone})


class PageView(SessionView):
    @extend_schema(operation_id="visitor_page", request=inputs.PageInput, responses={204: None})
    def post(self, request, session_id):
        page = services.Page(**valid(inputs.PageInput, request.data))
        services.update_page(request.auth, actor=request.user, page=page)
        return Response(status=204)


class UploadView(SessionView):
    @extend_schema(
        operation_id="visitor_upload",
        request={"multipart/form-data": inputs.UploadInput},
        responses={201: outputs.UploadOutput},
    )
    def post(self, request):
        return chatting.upload(request, request.auth, request.user)
