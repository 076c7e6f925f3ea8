from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.chat.models import ChatSession
from apps.console.demo import fixtures, loading, routing, traffic
from apps.routing import figures, occupancy
from apps.routing.models import OverflowStep, Queue, RoutingRule, Skill, SpecialPeriod

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    loading.load_desk()
    loading.load_people()


def counts():
    return [model.objects.count() for model in (SpecialPeriod, Skill, RoutingRule, OverflowStep)]


def test_routing_is_loaded_once(desk):
    routing.load_routing()
    before = counts()

    routing.load_routing()

    assert counts() == before
    assert min(before) > 0


def test_periods_are_those_to_come(desk):
    routing.load_routing()

    today = timezone.now().date()
    assert all(period.last_day >= today - timedelta(days=1) for period in SpecialPeriod.objects.all())
    assert all(period.hours.exists() for period in SpecialPeriod.objects.all())


def test_a_week_of_chats_is_played(desk, monkeypatch):
    now = datetime(2026, 11, 11, 10, 0, tzinfo=UTC)  # 18:00 at the desk
    plan = fixtures.read("traffic") | {"days": [2, 0, 1], "gave_up_every": 3}
    monkeypatch.setattr(
        fixtures, "read", lambda name, read=fixtures.read: plan if name == "traffic" else read(name)
    )

    assert traffic.load_traffic(now=now) == 3

    sessions = ChatSession.objects.order_by("opened_at")
    assert [session.close_reason for session in sessions] == ["resolved", "resolved", "queue_abandoned"]
    assert all(session.opened_at < now for session in sessions)
    since = figures.day_start(now, figures.desk_zone())
    days = figures.of_day(list(Queue.objects.values_list("pk", flat=True)), since=since)
    total = sum(days.values(), figures.DayFigures())
    assert (total.entered, total.answered, total.abandoned) == (2, 1, 1)
    agents = occupancy.agents_of(list(days), since=since)
    load = sum(occupancy.loads_of(agents, since=since, now=now).values(), occupancy.Load())
    assert 0 < load.occupancy < 1


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_no_chat_of_today_lies_ahead(desk, hour):
    now = datetime(2026, 11, 11, hour, 5, tzinfo=UTC)

    times = [at for at, _ in traffic.stories(fixtures.read("traffic"), now)]

    assert times == sorted(times)
    assert times[-1] <= now - traffic.GAP
