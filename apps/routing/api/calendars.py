"""Service calendars: the week, special periods over it, and what comes out of both."""

from datetime import date, datetime, time
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.common.api.fields import NamedField, NamedFilter
from apps.routing import services
from apps.routing.api.base import RoutingConfigurationViewSet
from apps.routing.hours import DAY, open_windows, plan_of
from apps.routing.models import ServiceCalendar, ServiceHours, SpecialHours, SpecialPeriod

MOST_HOURS = 100  # rows of one list
MOST_DAYS = 92
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


class ServiceHoursSerializer(serializers.ModelSerializer):
    """One opening of a weekday (Monday is 0); ``closes`` at or before ``opens`` means on the next day."""

    class Meta:
        model = ServiceHours
        fields = ["weekday", "opens", "closes"]


class SpecialHoursSerializer(serializers.ModelSerializer):
    """One opening on each day of the period."""

    class Meta:
        model = SpecialHours
        fields = ["opens", "closes"]


class CalendarSerializer(serializers.ModelSerializer):
    """When desks are open. ``hours`` is the whole week; a new calendar without it opens 08:00 to midnight."""

    hours = ServiceHoursSerializer(many=True, required=False, max_length=MOST_HOURS)  # type: ignore[call-arg]

    class Meta:
        model = ServiceCalendar
        fields = ["id", "name", "zone", "hours"]


class PeriodSerializer(serializers.ModelSerializer):
    """Days on which the week does not count. Empty ``hours``: closed. Where periods overlap, ``priority`` decides."""

    calendar = NamedField("name", queryset=ServiceCalendar.objects.all(), shows="pk")
    hours = SpecialHoursSerializer(many=True, required=False, max_length=MOST_HOURS)  # type: ignore[call-arg]

    class Meta:
        model = SpecialPeriod
        fields = ["id", "calendar", "name", "first_day", "last_day", "priority", "hours"]

    def validate(self, attrs):
        first, last = (
            attrs.get(name, getattr(self.instance, name, None)) for name in ("first_day", "last_day")
        )
        if first and last and last < first:
            raise serializers.ValidationError({"last_day": [_("It ends before it begins.")]})
        return attrs


class OpeningsQuery(serializers.Serializer):
    """Which days to look at, in the calendar's own zone."""

    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=14)

    def get_fields(self):
        # ``from`` is a word of Python's own.
        about = "Today when not given; from 2000-01-01 to 2199-12-31."
        first = serializers.DateField(required=False, source="first", help_text=about)
        return {"from": first, **super().get_fields()}

    def validate_from(self, day: date) -> date:
        """Long ago zones were seconds off, which no instant of JSON can say; and years end with 9999."""
        if not FIRST_DAY <= day <= LAST_DAY:
            raise serializers.ValidationError(_("Choose a day from 2000 to 2199."))
        return day


class OpenDaySerializer(serializers.Serializer):
    """What begins on one day, and the special period that says so (empty: the week)."""

    date = serializers.DateField(source="day")
    period = serializers.CharField(source="period.name", default="")
    hours = serializers.SerializerMethodField()

    def get_hours(self, plan) -> list[dict[str, str]]:
        return [{"opens": str(opens), "closes": str(closes)} for opens, closes in plan.times]


class WindowSerializer(serializers.Serializer):
    """Open from one instant to another, not included."""

    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()


class OpeningsSerializer(serializers.Serializer):
    """The hours as they come out: day by day, and as instants with overlaps joined."""

    zone = serializers.CharField()
    days = OpenDaySerializer(many=True)
    openings = WindowSerializer(many=True)


class CalendarFilter(filters.FilterSet):
    class Meta:
        model = ServiceCalendar
        fields = ["name"]


class PeriodFilter(filters.FilterSet):
    calendar = NamedFilter("calendar", "name")

    class Meta:
        model = SpecialPeriod
        fields: list[str] = []


class CalendarViewSet(RoutingConfigurationViewSet):
    """Service calendars. A change brings what waits for the opening forward, or puts it off."""

    queryset = ServiceCalendar.objects.prefetch_related("hours")
    serializer_class = CalendarSerializer
    filterset_class = CalendarFilter
    children = ("hours",)

    def store(self, row: Any, body: dict[str, Any]) -> Any:
        usual_week = row.pk is None and "hours" not in body
        row = super().store(row, body)
        if usual_week:
            services.open_default_week(row, actor=self.person)
        return row

    @extend_schema(parameters=[OpeningsQuery], responses=OpeningsSerializer, filters=False)
    @action(detail=True, pagination_class=None)
    def openings(self, request, pk):
        """When it is open from a day on: the week and the special periods put together."""
        query = OpeningsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(OpeningsSerializer(_openings(self.get_object(), **query.validated_data)).data)

    def get_queryset(self) -> QuerySet:
        rows = super().get_queryset()
        return rows.prefetch_related("periods__hours") if self.action == "openings" else rows


def _openings(calendar: ServiceCalendar, *, days: int, first=None) -> dict[str, Any]:
    zone, schedule = calendar.tz, calendar.schedule()
    first = first or timezone.now().astimezone(zone).date()
    start, end = (datetime.combine(day, time(0), tzinfo=zone) for day in (first, first + days * DAY))
    windows = [(a.astimezone(zone), b.astimezone(zone)) for a, b in open_windows(schedule, start, end)]
    return {
        "zone": calendar.zone,
        "days": [plan_of(schedule, first + n * DAY) for n in range(days)],
        "openings": [{"opens_at": opens, "closes_at": closes} for opens, closes in windows],
    }


class SpecialPeriodViewSet(RoutingConfigurationViewSet):
    """Other hours on special days, such as Double 11: they stand over the week."""

    queryset = SpecialPeriod.objects.prefetch_related("hours")
    serializer_class = PeriodSerializer
    filterset_class = PeriodFilter
    children = ("hours",)
