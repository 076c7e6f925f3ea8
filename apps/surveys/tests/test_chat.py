from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chat import services as chat
from apps.chat.extensions import extra_state, visitor_command_for
from apps.chat.models import ChatSession
from apps.common.errors import Invalid
from apps.surveys.errors import AlreadyRated
from apps.surveys.models import Survey
from apps.surveys.tests.factories import ended, talked

pytestmark = pytest.mark.django_db


def frames(session, viewer="visitor"):
    return [frame for frame in extra_state(session, viewer) if frame["type"] == "survey"]


def test_the_visitor_is_asked_once_the_chat_has_ended():
    session = ended()

    (frame,) = frames(session)

    token = Survey.objects.get().token
    assert frame == {"type": "survey", "session": session.public_id, "token": token, "scale": 5}


def test_the_agent_is_not_asked():
    assert frames(ended(), "agent") == []


def test_an_open_chat_asks_nothing_and_costs_no_query(django_assert_num_queries):
    session = talked()

    with django_assert_num_queries(0):
        assert frames(session) == []


def test_a_rated_chat_asks_no_more():
    session = ended()
    visitor_command_for("rate")(session, {"score": 5})

    assert frames(session) == []


def test_an_expired_survey_asks_no_more():
    session = ended()
    past = timezone.now() - timedelta(days=4)
    Survey.objects.update(offered_at=past, expires_at=past + timedelta(days=3))

    assert frames(session) == []


def test_a_reopened_chat_asks_no_more():
    session = ended()

    chat.reopen_session(session, actor=session.customer)

    assert frames(ChatSession.objects.get()) == []


def test_rating_over_the_socket():
    session = ended()

    answer = visitor_command_for("rate")(session, {"type": "rate", "score": 4, "comment": "Good"})

    assert answer == [{"type": "rated", "session": session.public_id, "score": 4}]
    assert Survey.objects.get().comment == "Good"


def test_a_second_rating_over_the_socket_is_refused():
    session, rate = ended(), visitor_command_for("rate")
    rate(session, {"score": 4})

    with pytest.raises(AlreadyRated):
        rate(session, {"score": 5})


@pytest.mark.parametrize("frame", [{}, {"score": "5"}, {"score": 5, "comment": {"a": 1}}, {"score": 9}])
def test_a_malformed_rating_is_refused(frame):
    with pytest.raises(Invalid):
        visitor_command_for("rate")(ended(), frame)
