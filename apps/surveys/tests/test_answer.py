from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.chat import services as chat
from apps.chat.models import Message
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import subscribe
from apps.customers.tests.factories import CustomerFactory
from apps.surveys import services
from apps.surveys.errors import AlreadyRated, NoSurvey, SurveyExpired
from apps.surveys.events import SurveyAnswered
from apps.surveys.models import Survey
from apps.surveys.services import answer_by_token, answer_survey
from apps.surveys.tests.factories import ended, talked

pytestmark = pytest.mark.django_db
published: list = []
subscribe(SurveyAnswered)(published.append)


@pytest.fixture
def session():
    return ended()


def test_the_customer_rates_the_chat(session):
    now = timezone.now()

    survey = answer_survey(session, actor=session.customer, score=5, comment="  Quick! ", now=now)

    survey.refresh_from_db()
    assert (survey.state, survey.score, survey.comment) == ("answered", 5, "Quick!")
    assert survey.answered_at == now


def test_the_rating_stands_in_the_transcript(session):
    answer_survey(session, actor=session.customer, score=4, comment="Good")

    line = Message.objects.filter(session=session).latest("seq")
    assert (line.kind, line.payload) == (
        "event",
        {"event": "rated", "score": 4, "comment": "Good", "scale": 5},
    )


def test_a_second_answer_is_refused_and_the_first_stands(session):
    answer_survey(session, actor=session.customer, score=5)

    with pytest.raises(AlreadyRated) as refusal:
        answer_survey(session, actor=session.customer, score=1)

    assert (refusal.value.code, refusal.value.status) == ("already_rated", 409)
    assert Survey.objects.get().score == 5
    assert Message.objects.filter(payload__event="rated").count() == 1


def test_only_the_customer_of_the_chat_rates_it(session):
    for actor in (CustomerFactory(), StaffFactory(role="manager"), SYSTEM):
        with pytest.raises(AccessDenied):
            answer_survey(session, actor=actor, score=5)

    assert Survey.objects.get().state == "offered"
    assert not AuditEvent.objects.filter(action="surveys:AnswerSurvey").exists()


def test_a_user_with_the_number_of_the_customer_is_somebody_else(session):
    impostor = StaffFactory(role="manager", pk=session.customer_id)

    with pytest.raises(AccessDenied):
        answer_survey(session, actor=impostor, score=5)


@pytest.mark.parametrize("score", [0, 6, -1, 4.5, "5", True, None, [5]])
def test_what_is_no_score(session, score):
    with pytest.raises(Invalid) as refusal:
        answer_survey(session, actor=session.customer, score=score)

    assert list(refusal.value.fields) == ["score"]
    assert Survey.objects.get().state == "offered"


@pytest.mark.parametrize("comment", ["x" * 2001, "a\x00b", 7, ["a"]])
def test_what_is_no_comment(session, comment):
    with pytest.raises(Invalid) as refusal:
        answer_survey(session, actor=session.customer, score=5, comment=comment)

    assert list(refusal.value.fields) == ["comment"]


def test_an_open_chat_cannot_be_rated():
    session = talked()

    with pytest.raises(NoSurvey):
        answer_survey(session, actor=session.customer, score=5)


def test_a_late_answer_is_refused_before_and_after_the_sweep(session):
    late = timezone.now() + timedelta(days=3, seconds=1)
    for sweep in (False, True):
        if sweep:
            services.expire_surveys(now=late)
        with pytest.raises(SurveyExpired):
            answer_survey(session, actor=session.customer, score=5, now=late)

    assert Survey.objects.get().score is None


def test_the_chat_can_be_rated_while_the_agent_writes_up():
    session = talked()
    agent = StaffFactory(role="agent")
    type(session).objects.filter(pk=session.pk).update(status="active", agent=agent)
    chat.wrap_up_session(session, actor=agent, code="done")

    answer_survey(session, actor=session.customer, score=3)

    survey = Survey.objects.get()
    assert (survey.score, survey.agent) == (3, agent)


def test_the_answer_is_audited_without_the_comment(session):
    answer_survey(session, actor=session.customer, score=4, comment="secret words")

    row = AuditEvent.objects.get(action="surveys:AnswerSurvey")
    assert (row.actor_kind, row.data) == ("customer", {"score": 4})


def test_the_answer_is_published(session, django_capture_on_commit_callbacks):
    published.clear()

    with django_capture_on_commit_callbacks(execute=True):
        survey = answer_survey(session, actor=session.customer, score=4)

    (event,) = published
    assert (event.survey_id, event.session_id) == (survey.pk, session.pk)


def test_whoever_holds_the_token_answers_once(session):
    token = Survey.objects.get().token

    assert answer_by_token(token, score=5).score == 5
    with pytest.raises(AlreadyRated):
        answer_by_token(token, score=1)


def test_an_unknown_token_answers_nothing():
    with pytest.raises(NoSurvey):
        answer_by_token("unknown", score=5)
