from datetime import timedelta

import pytest
from django.utils import timezone

from apps.surveys.models import Survey
from apps.surveys.selectors import RatingFigures, rating_figures
from apps.surveys.tasks import expire
from apps.surveys.tests.factories import SurveyFactory

pytestmark = pytest.mark.django_db


def test_figures_of_the_last_day(django_assert_num_queries):
    now = timezone.now()
    for score in (5, 2, None):
        SurveyFactory(score=score)
    SurveyFactory(score=1, offered_at=now - timedelta(days=2))

    with django_assert_num_queries(1):
        figures = rating_figures(Survey.objects.all(), since=now - timedelta(days=1))

    assert figures == RatingFigures(offered=3, answered=2, average=3.5)


def test_figures_of_nothing():
    figures = rating_figures(Survey.objects.all(), since=timezone.now())

    assert figures == RatingFigures(offered=0, answered=0, average=None)


def test_the_task_expires_what_is_overdue():
    SurveyFactory(offered_at=timezone.now() - timedelta(days=4))

    assert expire() == 1
    assert Survey.objects.get().state == "expired"
