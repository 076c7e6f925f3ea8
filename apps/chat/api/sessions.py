"""``/api/v1/sessions/``: chats for agents and API clients."""

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.access.models import User
from apps.audit import services as audit
from apps.audit.api.reading import record_list
from apps.chat import selectors, services
from apps.chat.api import chatting, inputs, outputs
from apps.chat.api.chatting import valid
from apps.chat.enums import Side
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.common.api.pagination import KeysetPagination

SECTION = OpenApiParameter("section", str, enum=selectors.SECTIONS)
SEARCH = OpenApiParameter("q", str, description="Name, e-mail, last line or id")


class SessionPagination(KeysetPagination):
    """Newest session first; the primary key is the keyset."""

    ordering = "-pk"


class ChatSessionViewSet(viewsets.GenericViewSet):
    """Reads are querysets; each change is one POST that calls one service."""

    queryset = ChatSession.objects.none()
    serializer_class = outputs.SessionRowOutput
    pagination_class = SessionPagination
    filter_backends: list = []
    lookup_field = "public_id"
    lookup_url_kwarg = "session_id"
    lookup_value_regex = r"[\w-]{1,22}"

    def get_object(self) -> ChatSession:
        return selectors.visible_session(cast(User, self.request.user), self.kwargs["session_id"])

    @extend_schema(operation_id="session_list", parameters=[SECTION, SEARCH])
    def list(self, request):
        query = request.query_params
        rows = selectors.sessions_in(request.user, query.get("section", ""), search=query.get("q", "")[:100])
        page = self.paginate_queryset(rows) or []
        if query.get("q"):
            record_list(request, ChatAction.READ)
        now = timezone.now()
        return self.get_paginated_response([selectors.rest_row(session, now) for session in page])

    @extend_schema(operation_id="session_detail", responses=outputs.SessionOutput)
    def retrieve(self, request, session_id):
        session = self.get_object()
        audit.record_read(actor=request.user, action=ChatAction.READ, target=session)
        return self._state(session)

    def _state(self, session: ChatSession) -> Response:
        fresh = selectors.session_by_public_id(session.public_id)
        return Response(selectors.session_frame(fresh, Side.AGENT))

    @extend_schema(
        operation_id="session_messages",
        methods=["get"],
        parameters=[inputs.PageQuery],
        responses=outputs.MessagePageOutput,
        filters=False,
    )
    @extend_schema(
        operation_id="session_send",
        methods=["post"],
        request=inputs.SendInput,
        responses={201: outputs.AckOutput, 200: outputs.AckOutput},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def messages(self, request, session_id):
        session = self.get_object()
        if request.method == "POST":
            return chatting.send(request, session, request.user)
        audit.record_read(actor=request.user, action=ChatAction.READ, target=session)
        return chatting.messages(request, session, Side.AGENT)

    @extend_schema(
        operation_id="session_search",
        parameters=[inputs.SearchQuery],
        responses=outputs.HitsOutput,
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def search(self, request, session_id):
        session = self.get_object()
        audit.record_read(actor=request.user, action=ChatAction.READ, target=session)
        return chatting.search(request, session, Side.AGENT)

    @extend_schema(operation_id="session_cancel", request=inputs.RefInput, responses=outputs.CancelOutput)
    @action(detail=True, methods=["post"])
    def cancel(self, request, session_id):
        return chatting.cancel(request, self.get_object(), request.user)

    @extend_schema(operation_id="session_received", request=inputs.SeqInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def received(self, request, session_id):
        session, body = self.get_object(), valid(inputs.SeqInput, request.data)
        services.record_received(session, actor=request.user, **body)
        return Response(status=204)

    @extend_schema(operation_id="session_read", request=inputs.SeqInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def read(self, request, session_id):
        session, body = self.get_object(), valid(inputs.SeqInput, request.data)
        services.record_read(session, actor=request.user, **body)
        return Response(status=204)

    @extend_schema(operation_id="session_typing", request=inputs.TypingInput, responses={204: None})
    @action(detail=True, methods=["post"])
    def typing(self, request, session_id):
        return chatting.typing(request, self.get_object(), request.user, Side.AGENT)

    @extend_schema(operation_id="session_accept", request=None, responses=outputs.SessionOutput)
    @action(detail=True, methods=["post"])
    def accept(self, request, session_id):
        session = self.get_object()
        services.claim_session(session, actor=request.user)
        return self._state(session)

    @extend_schema(
        operation_id="session_transfer", request=inputs.TransferInput, responses=outputs.SessionOutput
    )
    @action(detail=True, methods=["post"])
    def transfer(self, request, session_id):
        session, body = self.get_object(), valid(inputs.TransferInput, request.data)
        target = services.transfer_target(request.user, **body["to"])
        services.transfer_session(session, actor=request.user, note=body["note"], **target)
        return self._state(session)

    @extend_schema(
        operation_id="session_wrap_up", request=inputs.WrapUpInput, responses=outputs.SessionOutput
    )
    @action(detail=True, methods=["post"])
    def wrap_up(self, request, session_id):
        session = self.get_object()
        services.wrap_up_session(session, actor=request.user, **valid(inputs.WrapUpInput, request.data))
        return self._state(session)

    @extend_schema(operation_id="session_close", request=inputs.CloseInput, responses=outputs.SessionOutput)
    @action(detail=True, methods=["post"])
    def close(self, request, session_id):
        session = self.get_object()
        services.close_session(session, actor=request.user, **valid(inputs.CloseInput, request.data))
        return self._state(session)

    @extend_schema(operation_id="session_join", request=inputs.JoinInput, responses=outputs.SessionOutput)
    @action(detail=True, methods=["post"])
    def join(self, request, session_id):
        session = self.get_object()
        services.join_session(session, actor=request.user, **valid(inputs.JoinInput, request.data))
        return self._state(session)

    @extend_schema(operation_id="session_leave", request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def leave(self, request, session_id):
        services.leave_session(self.get_object(), actor=request.user)
        return Response(status=204)

    @extend_schema(
        operation_id="session_upload",
        request={"multipart/form-data": inputs.UploadInput},
        responses={201: outputs.UploadOutput},
    )
    @action(detail=True, methods=["post"])
    def uploads(self, request, session_id):
        return chatting.upload(request, self.get_object(), request.user)
