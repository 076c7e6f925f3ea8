import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.routing.tests.factories import QueueFactory
from apps.surveys.tests.factories import SurveyFactory

pytestmark = pytest.mark.django_db
LIST = reverse("admin:surveys_survey_changelist")


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


def answered(**fields):
    return SurveyFactory(score=4, agent=StaffFactory(), queue=QueueFactory(), **fields)


def test_a_manager_reads_the_ratings(manager):
    answered(comment="Very quick")

    page = manager.get(LIST, {"q": "quick"}).content.decode()

    assert "Very quick" in page


def test_nobody_changes_a_rating(manager):
    survey = answered()
    address = reverse("admin:surveys_survey_change", args=[survey.pk])

    assert 'name="_save"' not in manager.get(address).content.decode()
    assert manager.post(address, {"score": 5}).status_code == 403
    survey.refresh_from_db()
    assert survey.score == 4


def test_the_list_takes_the_same_queries_for_more_rows(manager):
    counts = []
    for more in (1, 99):
        for _ in range(more):
            answered()
        with CaptureQueriesContext(connection) as queries:
            manager.get(LIST)
        counts.append(len(queries))

    assert counts[0] == counts[1]
