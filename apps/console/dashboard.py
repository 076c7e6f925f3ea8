"""The dashboard: the day so far in figures with their denominators, and how it came about in charts."""

from datetime import datetime, tzinfo
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.access import services as access
from apps.access.models import User
from apps.console.pages import done, render_page
from apps.console.preferences import StaffRequest, console_view
from apps.console.tiles import groups_of
from apps.monitoring import figures, selectors
from apps.monitoring import services as monitoring
from apps.monitoring.figures import Slot
from apps.monitoring.models import Alert
from apps.monitoring.permissions import MonitoringAction
from apps.monitoring.words import words_of
from apps.routing.figures import DayFigures, desk_zone


@require_safe
@console_view
def dashboard(request: StaffRequest) -> HttpResponse:
    """The page; htmx gets the figures and charts alone."""
    access.require(request.user, MonitoringAction.READ)
    context = dashboard_of(request.user, now=timezone.now())
    return render_page(
        request,
        "console/dashboard/page.html",
        context,
        place="dashboard",
        part="console/dashboard/_figures.html",
    )


def dashboard_of(user: User, *, now: datetime) -> dict[str, Any]:
    """What the page shows; a constant number of queries."""
    today = figures.today_of(user, now=now)
    queues = figures.visible_queues(user)
    zone = desk_zone()
    hours = _labelled(figures.by_hour(queues, since=today.since, now=now), "H:i", zone)
    week = _labelled(figures.by_day(queues, now=now), "D j", zone)
    return {
        "today": today,
        "date": date_format(now.astimezone(zone), "DATE_FORMAT"),
        "zone": zone,
        "groups": groups_of(today),
        "alerts": alerts_of(user),
        "hours": hours,
        "week": week,
        "charts": {"hours": _chart(hours), "week": _chart(week)},
    }


def alerts_of(user: User) -> list[dict[str, Any]]:
    """Open alerts with their words."""
    return [{"alert": alert, "text": words_of(alert)} for alert in selectors.open_alerts(user)]


def _labelled(slots: list[Slot], form: str, zone: tzinfo) -> list[tuple[str, DayFigures]]:
    """Times as the desk's clock has them, in the reader's language, with what happened from then on."""
    return [(date_format(slot.at.astimezone(zone), form), slot.day) for slot in slots]


def _chart(slots: list[tuple[str, DayFigures]]) -> dict[str, Any]:
    """Series for the chart; a share is null where nobody came."""
    levels = [day.service_level for _label, day in slots]
    return {
        "labels": [label for label, _day in slots],
        "answered": [day.answered for _label, day in slots],
        "abandoned": [day.abandoned for _label, day in slots],
        "level": [None if level is None else round(100 * level) for level in levels],
        "words": {
            "answered": _("Served"),
            "abandoned": _("Gave up"),
            "level": _("Service level, %"),
        },
    }


@require_safe
@console_view
def alerts(request: StaffRequest) -> HttpResponse:
    """The open alerts, for pages that show them beside other things."""
    return render_page(
        request,
        "console/dashboard/_alerts.html",
        {"alerts": alerts_of(request.user)},
        place="live",
        part="console/dashboard/_alerts.html",
    )


@require_POST
@console_view
def acknowledge(request: StaffRequest, public_id: str) -> HttpResponse:
    """Take an alert up."""
    alert = Alert.objects.visible_to(request.user).filter(public_id=public_id).first()
    if alert is None:
        return HttpResponse(status=404)
    monitoring.acknowledge_alert(alert, actor=request.user)
    return done(say=_("It is yours now; colleagues see that."), refresh=["alerts"])
