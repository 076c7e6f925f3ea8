"""Queues: how they stand, and how they are set up."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.response import Response

from apps.access.models import User
from apps.audit.api.configuring import SLUG_PATTERN
from apps.common.api.fields import NamedField
from apps.routing import selectors, services
from apps.routing.api.base import RoutingConfigurationViewSet
from apps.routing.api.serializers import QueueFiguresSerializer
from apps.routing.enums import Allocation
from apps.routing.models import SERVE, SUPERVISE, Queue, ServiceCalendar

PEOPLE = {"agents": SERVE, "supervisors": SUPERVISE}
SETTINGS = [
    "is_default", "calendar", "priority", "allocation", "offer_seconds", "skill_hold_seconds",
    "wrap_up_seconds", "max_waiting", "answer_target_seconds",
]  # fmt: skip


def people(help_text: str) -> NamedField:
    """Users by key or user name."""
    users = User.objects.filter(is_active=True)
    return NamedField("username", shows="pk", queryset=users, many=True, required=False, help_text=help_text)


class QueueInput(serializers.ModelSerializer):
    """How a queue is set up; ``agents`` and ``supervisors`` are whole lists of users."""

    calendar = NamedField(
        "name", shows="pk", queryset=ServiceCalendar.objects.all(), required=False, allow_null=True
    )
    agents = people("Keys or user names: whoever is offered its work.")
    supervisors = people("Keys or user names: whoever watches it.")

    class Meta:
        model = Queue
        fields = ["slug", "name", *SETTINGS, *PEOPLE]

    def validate_is_default(self, value: bool) -> bool:
        others = Queue.objects.filter(is_default=True).exclude(pk=getattr(self.instance, "pk", None))
        other = others.first() if value else None
        if other:
            raise serializers.ValidationError(_("“%(queue)s” is the default already.") % {"queue": other})
        return value


class QueueSerializer(QueueFiguresSerializer):
    """A queue: how it stands right now, how it is set up and who belongs to it."""

    is_default = serializers.BooleanField(source="queue.is_default")
    calendar = serializers.IntegerField(source="queue.calendar_id", allow_null=True)
    allocation = serializers.ChoiceField(choices=Allocation.choices, source="queue.allocation")
    offer_seconds = serializers.IntegerField(source="queue.offer_seconds")
    skill_hold_seconds = serializers.IntegerField(source="queue.skill_hold_seconds")
    wrap_up_seconds = serializers.IntegerField(source="queue.wrap_up_seconds")
    max_waiting = serializers.IntegerField(source="queue.max_waiting", allow_null=True)
    answer_target_seconds = serializers.IntegerField(source="queue.answer_target_seconds")
    agents = serializers.SerializerMethodField()
    supervisors = serializers.SerializerMethodField()

    def get_agents(self, figures) -> list[int]:
        return selectors.members(figures.queue, SERVE)

    def get_supervisors(self, figures) -> list[int]:
        return selectors.members(figures.queue, SUPERVISE)


@extend_schema_view(
    list=extend_schema(responses=QueueFiguresSerializer(many=True)),
    create=extend_schema(request=QueueInput, responses={201: QueueSerializer}),
    partial_update=extend_schema(request=QueueInput(partial=True), responses=QueueSerializer),
    destroy=extend_schema(
        description="Remove it with its rules, steps and SLA policies: 409 `in_use` once it had work."
    ),
)
class QueueViewSet(RoutingConfigurationViewSet):
    """The queues one may see, by key or slug: the list has their figures, one queue also how it is set up."""

    read_action = ""  # ``visible_to`` says which
    queryset = Queue.objects.select_related("calendar").prefetch_related(
        "calendar__hours", "calendar__periods__hours"
    )
    serializer_class = QueueSerializer
    input_class = QueueInput
    filterset_fields = ["slug"]
    slug_field = "slug"
    lookup_value_regex = SLUG_PATTERN

    def get_serializer_context(self):
        return {**super().get_serializer_context(), "now": timezone.now()}

    def list(self, request):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self._figures(page, QueueFiguresSerializer))

    def retrieve(self, request, pk):
        return Response(self._figures([self.get_object()], QueueSerializer)[0])

    def shown(self, row: Any) -> Any:
        return self._figures([self.queryset.get(pk=row.pk)], QueueSerializer)[0]

    def store(self, row: Any, body: dict[str, Any]) -> Any:
        named = {name: body.pop(name) for name in PEOPLE if name in body}
        row = super().store(row, body)
        if named:
            everybody = {name: named.get(name, User.objects.filter(pk__in=held)) for name, held in _held(row)}
            services.set_members(row, **everybody, actor=self.person)
        return row

    def _figures(self, queues, kind):
        context = self.get_serializer_context()
        board = selectors.queue_board(self.person, now=context["now"], queues=queues)
        return kind(board, many=True, context=context).data


def _held(queue: Queue) -> Iterator[tuple[str, list[int]]]:
    """Who belongs to ``queue`` now, by the name of the list."""
    return ((name, selectors.members(queue, codename)) for name, codename in PEOPLE.items())
