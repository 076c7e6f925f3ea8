"""Customers who left before rating are asked by e-mail, and may rate on a page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.notifications.models import Notification
from apps.surveys.models import Survey
from apps.surveys.services import invite_by_email
from apps.surveys.tests.factories import SurveyFactory

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=20)


def asked(**fields):
    """A survey of an agent's chat, offered twenty minutes ago; the customer has left."""
    values = {
        "agent": StaffFactory(display_name="Mei"),
        "session__customer__email": "ana@mail.example",
        "offered_at": timezone.now() - LATER,
    }
    return SurveyFactory(**(values | fields))


def page(survey):
    return f"/r/{survey.token}/"


def test_who_left_before_rating_is_asked_once(settings):
    survey = asked(session__inbox__shop_name="Sunny Shop")

    assert (invite_by_email(), invite_by_email()) == (1, 0)
    data = Notification.objects.get().data
    assert data == {"link": f"{settings.PUBLIC_BASE_URL}{page(survey)}", "shop_name": "Sunny Shop"}


@pytest.mark.parametrize(
    "fields",
    [
        {"session__customer__email": ""},
        {"score": 5},
        {"agent": None},
        {"offered_at": lambda: timezone.now() - timedelta(minutes=1)},  # as the test runs, not as it is read
        {"offered_at": lambda: timezone.now() - timedelta(hours=30)},
        {"session__customer_online": True},
    ],
    ids=["no address", "rated", "only the robot", "just now", "long ago", "still there"],
)
def test_nobody_else_is_asked(fields):
    asked(**{name: value() if callable(value) else value for name, value in fields.items()})

    assert invite_by_email() == 0


def test_the_page_takes_the_rating(client):
    survey = asked()

    assert "Mei helped you" in client.get(page(survey)).content.decode()
    answer = client.post(page(survey), {"score": "4", "comment": "Quick!"})

    assert "You rated this chat 4 of 5." in answer.content.decode()
    survey.refresh_from_db()
    assert (survey.score, survey.comment) == (4, "Quick!")


def test_opening_the_page_rates_nothing(client):
    survey = asked()

    client.get(page(survey) + "?score=5")

    survey.refresh_from_db()
    assert survey.state == "offered"


def test_the_page_speaks_the_language_of_the_chat(client):
    answer = client.get(page(asked(session__locale="zh-hans")))

    assert '<html lang="zh-hans"' in answer.content.decode()


@pytest.mark.parametrize("score", ["", "6", "x"])
def test_what_is_no_rating_is_refused(client, score):
    survey = asked()

    answer = client.post(page(survey), {"score": score})

    assert answer.status_code == 422
    survey.refresh_from_db()
    assert survey.score is None


def test_a_second_rating_is_refused(client):
    survey = asked(score=5)

    answer = client.post(page(survey), {"score": "1"})

    assert answer.status_code == 409
    assert Survey.objects.get().score == 5


def test_a_survey_that_is_over_says_so(client):
    survey = asked(offered_at=timezone.now() - timedelta(days=4))

    assert "This survey is over" in client.get(page(survey)).content.decode()
    assert client.post(page(survey), {"score": "4"}).status_code == 409


def test_an_unknown_token_is_not_found(client):
    assert client.get("/r/unknown/").status_code == 404
