from django.contrib import admin
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.routing import services
from apps.routing.admin.base import ConfigurationAdmin, ConfigurationInline
from apps.routing.models import ServiceCalendar, ServiceHours, SpecialHours, SpecialPeriod
from apps.routing.strip import strip_of

DAYS = 14


def preview(calendar, *, first=None):
    """The merged hours of two weeks, day by day."""
    first = first or timezone.now().astimezone(calendar.tz).date()
    days = strip_of(calendar.schedule(), first, days=DAYS)
    return render_to_string("admin/routing/calendar_strip.html", {"days": days, "zone": calendar.zone})


class ServiceHoursInline(ConfigurationInline):
    model = ServiceHours


class SpecialPeriodInline(ConfigurationInline):
    """The periods of a calendar; their hours stand on their own pages."""

    model = SpecialPeriod
    fields = ["name", "first_day", "last_day", "priority"]
    show_change_link = True


@admin.register(ServiceCalendar)
class ServiceCalendarAdmin(ConfigurationAdmin):
    """When desks are open."""

    list_display = ["name", "zone"]
    search_fields = ["name"]
    fields = ["name", "zone", "preview"]
    readonly_fields = ["preview"]
    inlines = [ServiceHoursInline, SpecialPeriodInline]

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if not change:
            services.open_default_week(form.instance, actor=request.user)

    @admin.display(description=_("The next two weeks"))
    def preview(self, calendar):
        return preview(calendar) if calendar.pk else "–"


class SpecialHoursInline(ConfigurationInline):
    model = SpecialHours


@admin.register(SpecialPeriod)
class SpecialPeriodAdmin(ConfigurationAdmin):
    """Other hours on special days, such as Double 11: they stand over the week."""

    list_display = ["name", "calendar", "first_day", "last_day", "priority"]
    list_select_related = ["calendar"]
    list_filter = ["calendar"]
    search_fields = ["name"]
    fields = ["calendar", "name", "first_day", "last_day", "priority", "preview"]
    readonly_fields = ["preview"]
    inlines = [SpecialHoursInline]

    @admin.display(description=_("Two weeks from its first day"))
    def preview(self, period):
        return preview(period.calendar, first=period.first_day) if period.pk else "–"
