from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.access.actors import SYSTEM
from apps.chat import services as chat
from apps.chat.models import Message
from apps.surveys.errors import AlreadyRated
from apps.surveys.models import Survey
from apps.surveys.services import answer_survey, offer_survey
from apps.surveys.tests.factories import ended, talked

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20


def at_once(call, times, *, threads=THREADS):
    """Results of ``call(n)`` for each n below ``times``, with ``threads`` of them at a time."""
    barrier = Barrier(threads)

    def run(number):
        try:
            if number < threads:
                barrier.wait(30)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(times)))


def test_of_100_answers_at_once_one_is_stored():
    session = ended()

    def answer(number):
        try:
            return answer_survey(session, actor=session.customer, score=1 + number % 5).score
        except AlreadyRated:
            return "refused"

    outcomes = Counter(at_once(answer, 100))

    survey = Survey.objects.get()
    assert outcomes == {survey.score: 1, "refused": 99}
    assert Message.objects.filter(session=session, payload__event="rated").count() == 1


def test_20_closes_at_once_offer_one_survey():
    session = talked()
    reasons = ["resolved", "customer_silent", "customer_left", "agent_closed"]

    at_once(
        lambda number: chat.close_session(session.pk, actor=SYSTEM, reason=reasons[number % 4]).pk, THREADS
    )

    assert Survey.objects.count() == 1
    session.refresh_from_db()
    assert session.status == "closed"
    assert Message.objects.filter(session=session, payload__event="closed").count() == 1


def test_20_offers_at_once_are_one_survey():
    session = talked()

    found = at_once(lambda _: offer_survey(session.pk, reason="resolved", actor=SYSTEM).pk, THREADS)

    assert set(found) == {Survey.objects.get().pk}
