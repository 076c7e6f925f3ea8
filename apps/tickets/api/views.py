from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from apps.access.idempotency import IdempotentCreates
from apps.access.models import User
from apps.audit import services as audit
from apps.audit.api.reading import record_list
from apps.chat import selectors as chats
from apps.chat.api.chatting import valid
from apps.common import throttle
from apps.customers import selectors as customers
from apps.tickets import filtering, selectors, services
from apps.tickets.api import serializers as shapes
from apps.tickets.enums import TicketChannel, TicketMessageKind
from apps.tickets.models import Ticket, TicketView
from apps.tickets.permissions import TicketAction

UPLOADS_PER_MINUTE = 60
FILTERS = [
    OpenApiParameter(name, str, many=name in (*filtering.CHOICES, *filtering.KEYS), explode=False)
    for name in filtering.NAMES
]


class TicketViewSet(IdempotentCreates, viewsets.GenericViewSet):
    """Tickets that you may see, the newest first. Each change is one call of one service."""

    queryset = Ticket.objects.none()
    serializer_class = shapes.TicketSerializer
    filter_backends: list = []
    lookup_field = "number"
    lookup_value_regex = r"(?:[Tt]-)?[0-9]{1,18}"

    def get_object(self) -> Ticket:
        return selectors.visible_ticket(cast(User, self.request.user), self.kwargs["number"])

    @extend_schema(operation_id="ticket_list", parameters=FILTERS)
    def list(self, request):
        """``q`` searches subjects, messages, tags, numbers and customers, in English and Chinese."""
        rows = selectors.list_tickets(request.user, filtering.parse(request.query_params))
        page = self.paginate_queryset(rows)
        if request.query_params.get("q"):
            record_list(request, TicketAction.READ)
        return self.get_paginated_response(shapes.TicketSerializer(page, many=True).data)

    @extend_schema(operation_id="ticket_detail", responses=shapes.TicketDetailSerializer)
    def retrieve(self, request, number):
        ticket = self.get_object()
        audit.record_read(actor=request.user, action=TicketAction.READ, target=ticket)
        return self._shown(ticket)

    @extend_schema(
        operation_id="ticket_create",
        request=shapes.TicketInput,
        responses={201: shapes.TicketDetailSerializer},
    )
    def create(self, request):
        """Open a ticket; the same ``ref`` again answers with the ticket that is there."""
        body = valid(shapes.TicketInput, request.data)
        body["attachments"] = selectors.files_named(body["attachments"])
        customer, session = body.pop("customer", None), body.pop("session", None)
        if session is not None:
            body = {name: value for name, value in body.items() if value != "" or name == "subject"}
            chat = chats.visible_session(request.user, session)
            ticket = services.create_from_chat(chat, actor=request.user, **body)
        else:
            ticket = self._opened_for(customer, body | {"actor": request.user, "channel": TicketChannel.API})
        return self._shown(ticket, HTTP_201_CREATED)

    def _opened_for(self, customer: dict[str, Any], fields: dict[str, Any]) -> Ticket:
        """For whom the call names; for a new customer when it brings no key."""
        if "id" not in customer:
            return services.create_for_newcomer(customer, **fields)
        known = customers.visible_customer(self.request.user, customer["id"])
        return services.create_ticket(customer=known, **fields | {"locale": fields["locale"] or known.locale})

    @extend_schema(
        operation_id="ticket_change",
        request=shapes.ChangeInput,
        responses=shapes.TicketDetailSerializer,
    )
    def partial_update(self, request, number):
        ticket, body = self.get_object(), valid(shapes.ChangeInput, request.data)
        services.change_ticket(ticket, actor=request.user, **body)
        return self._shown(self._fresh(ticket))

    @extend_schema(operation_id="ticket_bulk", request=shapes.BulkInput, responses=shapes.BulkOutput)
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request):
        """The same change of up to 200 tickets, each on its own."""
        body = valid(shapes.BulkInput, request.data)
        tickets = Ticket.objects.visible_to(request.user).filter(number__in=body["numbers"]).order_by("pk")
        result = services.change_tickets(tickets, actor=request.user, **body["changes"])
        return Response(shapes.BulkOutput(result).data)

    @extend_schema(
        operation_id="ticket_messages",
        methods=["get"],
        parameters=[shapes.MessageQuery],
        responses=shapes.TicketMessagePage,
        filters=False,
    )
    @extend_schema(
        operation_id="ticket_write",
        methods=["post"],
        request=shapes.TicketMessageInput,
        responses={201: shapes.TicketMessageSerializer},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def messages(self, request, number):
        """The thread, the newest page first, each page in order; or one more answer or note."""
        ticket = self.get_object()
        return self._write(request, ticket) if request.method == "POST" else self._thread(request, ticket)

    @staticmethod
    def _thread(request, ticket: Ticket) -> Response:
        query = valid(shapes.MessageQuery, request.query_params)
        audit.record_read(actor=request.user, action=TicketAction.READ, target=ticket)
        found = selectors.messages_of(ticket, before=query.get("before"), limit=query["limit"] + 1)
        page = {"results": found[-query["limit"] :], "has_more": len(found) > query["limit"]}
        return Response(shapes.TicketMessagePage(page).data)

    @staticmethod
    def _write(request, ticket: Ticket) -> Response:
        body = valid(shapes.TicketMessageInput, request.data)
        body["attachments"] = selectors.files_named(body["attachments"])
        if body.pop("kind") == TicketMessageKind.NOTE:
            note = {name: body[name] for name in ("body", "ref", "attachments")}
            message = services.add_note(ticket, actor=request.user, **note)
        else:
            message = services.reply(ticket, actor=request.user, via=TicketChannel.API, **body)
        return Response(shapes.TicketMessageSerializer(message).data, status=HTTP_201_CREATED)

    @extend_schema(
        operation_id="ticket_upload",
        request={"multipart/form-data": shapes.TicketFileInput},
        responses={201: shapes.TicketFileSerializer},
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def attachments(self, request):
        """Keep a file, to be brought along by a message that names its id within a day."""
        throttle.require(f"ticket-upload:{request.user.pk}", limit=UPLOADS_PER_MINUTE, window_s=60)
        file = valid(shapes.TicketFileInput, request.data)["file"]
        kept = services.keep_file(file, actor=request.user)
        return Response(shapes.TicketFileSerializer(kept).data, status=HTTP_201_CREATED)

    def _fresh(self, ticket: Ticket) -> Ticket:
        """The ticket after a change; whoever gave it away may still see what they did."""
        return Ticket.objects.with_row().select_related("session", "follows").get(pk=ticket.pk)

    def _shown(self, ticket: Ticket, status: int = 200) -> Response:
        return Response(shapes.TicketDetailSerializer(self._fresh(ticket)).data, status=status)


class TicketViewViewSet(IdempotentCreates, viewsets.GenericViewSet):
    """Saved views: shared ones and your own."""

    queryset = TicketView.objects.none()
    serializer_class = shapes.TicketViewSerializer
    filter_backends: list = []
    lookup_value_regex = r"[0-9]{1,18}"

    def get_queryset(self):
        return TicketView.objects.visible_to(cast(User, self.request.user))

    @extend_schema(operation_id="ticket_view_list")
    def list(self, request):
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(shapes.TicketViewSerializer(page, many=True).data)

    @extend_schema(
        operation_id="ticket_view_create",
        request=shapes.TicketViewInput,
        responses={201: shapes.TicketViewSerializer},
    )
    def create(self, request):
        view = services.save_view(actor=request.user, **valid(shapes.TicketViewInput, request.data))
        return Response(shapes.TicketViewSerializer(view).data, status=HTTP_201_CREATED)

    @extend_schema(
        operation_id="ticket_view_change",
        request=shapes.TicketViewInput,
        responses=shapes.TicketViewSerializer,
    )
    def update(self, request, pk):
        view = selectors.visible_view(request.user, pk)
        body = valid(shapes.TicketViewInput, request.data)
        return Response(
            shapes.TicketViewSerializer(services.save_view(view, actor=request.user, **body)).data
        )

    @extend_schema(operation_id="ticket_view_delete", responses={204: None})
    def destroy(self, request, pk):
        services.delete_view(selectors.visible_view(request.user, pk), actor=request.user)
        return Response(status=HTTP_204_NO_CONTENT)
