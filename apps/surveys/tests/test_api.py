from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.chat import services as chat
from apps.routing.models import SUPERVISE
from apps.routing.tests.factories import QueueFactory
from apps.surveys.models import Survey
from apps.surveys.tests.factories import InboxFactory, SurveyFactory, ended

pytestmark = pytest.mark.django_db
LIST = "/api/v1/surveys/"


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def manager():
    return client_of(StaffFactory(role="manager"))


def ids(response):
    return [row["id"] for row in response.json()["results"]]


def test_a_manager_sees_all_the_newest_first(manager):
    first, second = SurveyFactory(), SurveyFactory(score=4)

    assert ids(manager.get(LIST)) == [second.pk, first.pk]


def test_a_row(manager):
    agent, queue = StaffFactory(display_name="Mei"), QueueFactory(name="Shoes")
    survey = SurveyFactory(score=4, agent=agent, queue=queue)

    row = manager.get(f"{LIST}{survey.pk}/").json()

    assert (row["session"], row["state"], row["score"]) == (survey.session.public_id, "answered", 4)
    assert (row["agent"], row["queue"]) == (
        {"id": agent.pk, "name": "Mei"},
        {"id": queue.pk, "name": "Shoes"},
    )
    assert "token" not in row


def test_an_agent_sees_own_ratings_only():
    agent, queue = StaffFactory(role="agent"), QueueFactory()
    own = SurveyFactory(agent=agent, queue=queue)
    other = SurveyFactory(agent=StaffFactory(), queue=queue)
    client = client_of(agent)

    assert ids(client.get(LIST)) == [own.pk]
    assert client.get(f"{LIST}{other.pk}/").status_code == 404


def test_a_supervisor_sees_those_of_supervised_queues():
    supervisor, watched = StaffFactory(role="supervisor"), QueueFactory()
    chat_of_watched = SurveyFactory(queue=watched)
    SurveyFactory(queue=QueueFactory())
    SurveyFactory()
    assign_perm(SUPERVISE, supervisor, watched)

    assert ids(client_of(supervisor).get(LIST)) == [chat_of_watched.pk]


def test_staff_without_a_role_sees_none():
    SurveyFactory()

    assert ids(client_of(StaffFactory()).get(LIST)) == []


def test_filters(manager):
    agent = StaffFactory()
    good = SurveyFactory(score=5, agent=agent)
    SurveyFactory(score=1)
    SurveyFactory()

    assert ids(manager.get(LIST, {"score": 5})) == [good.pk]
    assert ids(manager.get(LIST, {"agent": agent.pk})) == [good.pk]
    assert len(ids(manager.get(LIST, {"state": "answered"}))) == 2
    assert ids(manager.get(LIST, {"answered_after": "2100-01-01T00:00:00Z"})) == []


def test_the_list_takes_the_same_queries_for_more_rows(manager):
    counts = []
    for more in (1, 99):
        for _ in range(more):
            SurveyFactory(score=3, agent=StaffFactory(), queue=QueueFactory())
        with CaptureQueriesContext(connection) as queries:
            manager.get(LIST, {"page_size": 100})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_nothing_is_written_over_the_list(manager):
    survey = SurveyFactory()

    assert manager.patch(f"{LIST}{survey.pk}/", {"score": 5}).status_code == 405
    assert manager.delete(f"{LIST}{survey.pk}/").status_code == 405


@pytest.fixture
def visit():
    return chat.open_session(inbox_slug=InboxFactory().slug)


def rate(visit, body, *, session_id=None):
    address = f"/api/v1/visitor/sessions/{session_id or visit.session.public_id}/rate"
    return APIClient().post(address, body, headers={"Authorization": f"Bearer {visit.token}"})


@pytest.fixture
def ended_visit(visit):
    chat.post_message(visit.session, actor=visit.session.customer, ref=uuid4(), body="Hello?")
    chat.post_bot_message(visit.session, body="Hello!")
    chat.close_session(visit.session, actor=SYSTEM, reason="customer_silent")
    return visit


def test_a_visitor_rates_once(ended_visit):
    response = rate(ended_visit, {"score": 5, "comment": "Quick"})

    assert response.status_code == 201
    assert response.json() == {"session": ended_visit.session.public_id, "score": 5, "comment": "Quick"}
    again = rate(ended_visit, {"score": 1})
    assert (again.status_code, again.json()["code"]) == (409, "already_rated")
    assert Survey.objects.get().score == 5


def test_a_visitor_cannot_rate_an_open_chat(visit):
    response = rate(visit, {"score": 5})

    assert (response.status_code, response.json()["code"]) == (409, "no_survey")


@pytest.mark.parametrize("body", [{}, {"score": 0}, {"score": "good"}, {"score": 5, "comment": "x" * 2001}])
def test_a_malformed_rating_is_a_problem(ended_visit, body):
    response = rate(ended_visit, body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_a_visitor_cannot_rate_another_chat(ended_visit):
    other = ended()

    assert rate(ended_visit, {"score": 1}, session_id=other.public_id).status_code == 404
    assert Survey.objects.get(session=other).state == "offered"


def test_without_a_token_nobody_rates(ended_visit):
    address = f"/api/v1/visitor/sessions/{ended_visit.session.public_id}/rate"

    assert APIClient().post(address, {"score": 5}).status_code == 401
