import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.knowledge.tests.factories import FaqFactory
from apps.robot.tests.factories import RobotTurnFactory

pytestmark = pytest.mark.django_db
LIST = "admin:robot_robotturn_changelist"


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


def test_a_manager_sees_what_the_robot_could_not_answer(manager):
    RobotTurnFactory(outcome="handed_off", reason="not_understood", matched="odd words", score=0.1)
    RobotTurnFactory(matched="plain words")

    content = manager.get(reverse(LIST), {"outcome__exact": "handed_off"}).content

    assert b"odd words" in content
    assert b"plain words" not in content


def test_nobody_writes_turns_by_hand(manager):
    turn = RobotTurnFactory()

    page = manager.get(reverse("admin:robot_robotturn_change", args=[turn.pk]))

    assert b'name="_save"' not in page.content
    assert manager.get(reverse("admin:robot_robotturn_add")).status_code == 403


def test_the_list_takes_the_same_queries_for_more_rows(manager):
    counts = []
    for more in (1, 99):
        for _ in range(more):
            RobotTurnFactory(faq=FaqFactory(), outcome="answered")
        with CaptureQueriesContext(connection) as queries:
            manager.get(reverse(LIST))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_an_agent_sees_nothing(client):
    client.force_login(StaffFactory(role="agent", is_staff=True))

    assert client.get(reverse(LIST)).status_code == 403
