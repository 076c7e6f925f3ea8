from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.console.admin_site import MENU, sidebar
from apps.console.overview import overview
from apps.console.templatetags.console_admin import clock
from apps.routing.tests.factories import QueueFactory
from apps.surveys.tests.factories import ChatSessionFactory, SurveyFactory

pytestmark = pytest.mark.django_db
INDEX = reverse("admin:index")
NOT_IN_THE_MENU = {"auth.Group"}


def colleague(role):
    return StaffFactory(role=role, is_staff=True, zone="Asia/Shanghai")


@pytest.fixture
def manager(client):
    client.force_login(colleague("manager"))
    return client


def titles(request_user, rf):
    request = rf.get(INDEX)
    request.user = request_user
    return {
        str(group["title"]): [str(item["title"]) for item in group["items"]] for group in sidebar(request)
    }


def test_the_menu_speaks_managers_words(rf):
    groups = titles(colleague("manager"), rf)

    assert list(groups) == [
        "",
        "Hours & peaks",
        "Routing",
        "Knowledge",
        "People & access",
        "Channels",
        "Notifications",
        "Shop",
        "Refunds",
        "Quality",
        "Privacy",
        "Audit",
        "System",
    ]
    assert {"Chats", "Ratings"} <= set(groups["Quality"])
    assert groups["Routing"][:2] == ["Queues", "Routing rules"]


def test_the_menu_leaves_out_what_one_may_not_open(rf):
    groups = titles(colleague(None), rf)

    assert groups == {"": ["Overview"], "System": ["API documentation"]}


def test_every_page_stands_in_the_menu():
    listed = {entry.model.lower() for _, entries in MENU for entry in entries}
    pages = {model._meta.label for model in admin.site._registry if model.__module__.startswith("apps.")}

    assert {label for label in pages - NOT_IN_THE_MENU if label.lower() not in listed} == set()


@pytest.mark.parametrize("role", ["manager", "auditor"])
def test_every_line_of_the_menu_opens(client, rf, role):
    user = colleague(role)
    client.force_login(user)
    request = rf.get(INDEX)
    request.user = user

    for group in sidebar(request):
        for item in group["items"]:
            assert client.get(item["link"]).status_code == 200, item["link"]


def test_the_first_page_shows_the_figures(manager):
    QueueFactory(name="Shoes desk")
    SurveyFactory(score=4)

    page = manager.get(INDEX).content.decode()

    for text in ("Chats today", "Waiting now", "Agents online", "4.0", "Answered by the robot", "Shoes desk"):
        assert text in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_first_page_without_any_data(manager, language):
    manager.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    page = manager.get(INDEX)

    assert page.status_code == 200
    assert f'lang="{language}"' in page.content.decode()


def test_the_first_page_takes_the_same_queries_for_more_rows(manager):
    counts = []
    for more in (1, 99):
        for _ in range(more):
            SurveyFactory(score=4, queue=QueueFactory())
        with CaptureQueriesContext(connection) as queries:
            manager.get(INDEX)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_language_can_be_switched(manager):
    manager.post(reverse("set_language"), {"language": "zh-hans", "next": INDEX})

    assert 'lang="zh-hans"' in manager.get(INDEX).content.decode()


def test_chats_are_counted_by_the_managers_day():
    manager, now = colleague("manager"), timezone.now().replace(hour=17)  # 01:00 of the next day in Shanghai
    ChatSessionFactory(opened_at=now)
    ChatSessionFactory(opened_at=now - timedelta(hours=2))

    figures = overview(manager, now=now)

    assert (figures.chats_today, figures.open_now) == (1, 2)


def test_what_the_robot_answered_alone():
    now = timezone.now()
    closed = {"status": "closed", "close_reason": "bot_abandoned", "closed_at": now, "opened_at": now}
    ChatSessionFactory(**closed, answered_at=now)
    ChatSessionFactory(**closed, answered_at=now, queued_at=now)
    ChatSessionFactory(**closed)
    ChatSessionFactory(opened_at=now, answered_at=now)

    figures = overview(colleague("manager"), now=now)

    assert (figures.robot_answered, figures.ended_today, figures.robot_percent) == (1, 3, 33)


def test_figures_of_an_empty_desk():
    figures = overview(colleague("manager"))

    assert figures.robot_percent is None
    assert figures.ratings.average is None
    assert (figures.waiting, figures.longest_wait, figures.agents_online) == (0, timedelta(), 0)


def test_a_supervisor_counts_only_what_they_may_see():
    ChatSessionFactory()
    SurveyFactory(score=1)
    QueueFactory()

    figures = overview(colleague("supervisor"))

    assert (figures.chats_today, figures.ratings.answered, figures.queues) == (0, 0, [])


def test_the_first_page_is_for_staff(client):
    client.force_login(StaffFactory(role="agent"))

    assert client.get(INDEX).status_code == 302


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0:00"), (65, "1:05"), (timedelta(minutes=59), "59:00"), (3661, "1:01:01")]
)
def test_clock(value, text):
    assert clock(value) == text
