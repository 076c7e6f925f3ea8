from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.chat import services as chat
from apps.common.errors import AccessDenied
from apps.routing.tests.factories import QueueFactory
from apps.surveys import services
from apps.surveys.models import Survey
from apps.surveys.tests.factories import ChatSessionFactory, SurveyFactory, ended, talked

pytestmark = pytest.mark.django_db


def test_a_chat_that_ends_offers_its_survey():
    session = ended()

    survey = Survey.objects.get()
    assert (survey.session, survey.state, survey.agent, survey.queue) == (session, "offered", None, None)
    assert survey.offered_at == session.closed_at
    assert survey.expires_at - survey.offered_at == timedelta(days=3)


def test_the_survey_names_agent_and_queue():
    agent, queue = StaffFactory(), QueueFactory()

    ended(agent=agent, queue=queue)

    survey = Survey.objects.get()
    assert (survey.agent, survey.queue) == (agent, queue)


@pytest.mark.parametrize("reason", ["spam", "queue_abandoned", "bot_abandoned"])
def test_some_ends_are_not_rated(reason):
    ended(reason=reason)

    assert not Survey.objects.exists()


@pytest.mark.parametrize("reason", ["resolved", "agent_closed", "customer_ended", "customer_left"])
def test_other_ends_are_rated(reason):
    ended(reason=reason)

    assert Survey.objects.count() == 1


def test_a_silent_customer_is_not_asked():
    session = ChatSessionFactory()
    chat.post_bot_message(session, body="Hello!")

    chat.close_session(session, actor=SYSTEM, reason="customer_silent")

    assert not Survey.objects.exists()


def test_an_unanswered_customer_is_not_asked():
    session = ChatSessionFactory()
    chat.post_bot_message(session, body="Hello!")  # a greeting is no answer
    chat.post_message(session, actor=session.customer, ref=uuid4(), body="Where is my order?")

    chat.close_session(session, actor=SYSTEM, reason="customer_left")

    assert not Survey.objects.exists()


def test_closing_again_offers_nothing_more():
    session = ended()

    chat.close_session(session, actor=SYSTEM, reason="customer_left")

    assert Survey.objects.count() == 1
    assert AuditEvent.objects.filter(action="surveys:OfferSurvey").count() == 1


def test_a_reopened_chat_has_its_unanswered_survey_offered_anew():
    session = ended()
    Survey.objects.update(state="expired")
    token, agent = Survey.objects.get().token, StaffFactory()
    session = chat.reopen_session(session, actor=session.customer)
    type(session).objects.update(agent=agent)

    chat.close_session(session, actor=SYSTEM, reason="resolved")

    survey = Survey.objects.get()
    assert (survey.state, survey.agent, survey.token) == ("offered", agent, token)


def test_a_reopened_chat_keeps_its_answer():
    session = ended()
    services.answer_survey(session, actor=session.customer, score=2)
    session = chat.reopen_session(session, actor=session.customer)

    chat.close_session(session, actor=SYSTEM, reason="resolved")

    survey = Survey.objects.get()
    assert (survey.state, survey.score) == ("answered", 2)


def test_nobody_offers_a_survey_by_hand():
    session, manager = talked(), StaffFactory(role="manager")

    for actor in (manager, session.customer):
        with pytest.raises(AccessDenied):
            services.offer_survey(session, reason="resolved", actor=actor)

    assert not Survey.objects.exists()


def test_a_close_that_fails_offers_nothing():
    session = talked()

    with transaction.atomic():
        chat.close_session(session, actor=SYSTEM, reason="resolved")
        transaction.set_rollback(True)

    assert not Survey.objects.exists()


def test_surveys_expire_once_and_answers_stay():
    now = timezone.now()
    old = now - timedelta(days=4)
    waiting, overdue = SurveyFactory(), SurveyFactory(offered_at=old)
    answered = SurveyFactory(offered_at=old, score=3)

    assert services.expire_surveys(now=now) == 1
    assert services.expire_surveys(now=now) == 0

    states = dict(Survey.objects.values_list("pk", "state"))
    assert states == {waiting.pk: "offered", overdue.pk: "expired", answered.pk: "answered"}


@pytest.mark.parametrize(
    "fields",
    [
        {"score": 0, "state": "answered"},
        {"score": 6},
        {"state": "lost"},
        {"state": "answered"},
        {"state": "offered", "score": 3},
        {"comment": "Thanks"},
        {"score": 3, "answered_at": None},
        {"expires_at": timezone.now() - timedelta(days=1)},
    ],
)
def test_what_no_row_may_say(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        SurveyFactory(**fields)


def test_a_chat_has_one_survey():
    survey = SurveyFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        SurveyFactory(session=survey.session)
