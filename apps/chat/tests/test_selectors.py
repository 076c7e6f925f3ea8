from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.utils import timezone

from apps.chat import extensions, history, selectors, services
from apps.chat.enums import NEXT, ChatStatus
from apps.chat.frames import ack_frame, error_frame, nack_frame
from apps.chat.tests.factories import (
    ChatSessionFactory,
    active_session,
    agent_says,
    customer_says,
    default_queue,
    make_agent,
    queued_session,
)
from apps.common.errors import AccessDenied, Invalid, NotFound, RateLimited

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [None, "", 5, [], {}, "\x00", "x" * 22, "x" * 23, "\ud800"])
def test_what_cannot_be_an_id_is_not_found(name):
    for find in (
        lambda: selectors.session_by_public_id(name),
        lambda: selectors.visible_session(make_agent(), name),
    ):
        with pytest.raises(NotFound):
            find()


def test_an_id_with_something_behind_it_is_another():
    session = ChatSessionFactory()

    assert selectors.session_by_public_id(session.public_id) == session
    with pytest.raises(NotFound):
        selectors.session_by_public_id(session.public_id + "x")


# States


def test_the_first_in_the_queue_is_first():
    first, second = queued_session(), queued_session()

    places = [
        selectors.session_frame(session, "customer")["queue"]["position"] for session in (first, second)
    ]

    assert places == [1, 2]


def test_without_agents_nobody_knows_how_long():
    queue = selectors.session_frame(queued_session(), "customer")["queue"]

    assert (queue["eta_low"], queue["eta_high"]) == (None, None)


def test_agents_see_the_row_in_the_frame():
    session = active_session()

    frame = selectors.session_frame(session, "agent")

    assert (frame["type"], frame["id"], frame["agent"]["id"]) == (
        "session",
        session.public_id,
        session.agent.pk,
    )
    assert frame["last_seq"] == session.last_seq


@pytest.mark.parametrize(
    ("status", "seconds", "colour"),
    [
        ("active", 0, "ok"),
        ("active", 44, "ok"),
        ("active", 45, "warn"),
        ("active", 90, "breach"),
        ("queued", 3600, "breach"),
        ("bot", 3600, "ok"),
        ("wrap_up", 3600, "ok"),
        ("closed", 3600, "ok"),
    ],
)
def test_the_colour_of_a_wait(settings, status, seconds, colour):
    settings.CHAT_RESPONSE_TARGET_S = 90
    now = timezone.now()
    session = ChatSessionFactory.build(
        inbox=None, customer=None, status=status, waiting_since=now - timedelta(seconds=seconds)
    )

    assert selectors.sla_state(session, seconds) == colour


def test_who_waits_for_nothing_is_fine():
    session = active_session()
    agent_says(session)
    session.refresh_from_db()

    assert selectors.sla_state(session, 0) == "ok"
    assert selectors.list_row(session, timezone.now())["wait_seconds"] == 0


def test_waiting_is_counted_in_seconds():
    session = active_session()
    receipt = customer_says(session)
    session.refresh_from_db()

    row = selectors.list_row(session, session.waiting_since + timedelta(seconds=50))

    assert (row["wait_seconds"], row["sla"]) == (50, "warn")
    assert row["waiting_since"] <= receipt.at.isoformat()


# Transcripts


def test_each_side_has_its_own_gapless_chain():
    session = active_session()
    customer_says(session)
    agent_says(session, "Hm", kind="note")
    agent_says(session)

    def chain(side):
        return [(frame["prev"], frame["seq"]) for frame in history.messages_after(session, side, 0).frames]

    assert chain("agent") == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
    assert chain("customer") == [(0, 1), (1, 2), (2, 3), (3, 5)]


@pytest.mark.parametrize(
    ("after", "limit", "more"), [(0, 2, True), (0, 5, False), (3, 2, False), (9, 5, False)]
)
def test_pages_say_whether_there_is_more(after, limit, more):
    session = ChatSessionFactory()
    for _ in range(5):
        customer_says(session)

    page = history.messages_after(session, "agent", after, limit=limit)

    assert page.has_more is more
    assert [frame["seq"] for frame in page.frames] == list(range(after + 1, min(after + limit, 5) + 1))


# Frames


def test_a_nack_hides_what_is_there_from_strangers():
    assert (
        nack_frame(NotFound(), ref="r")["code"] == nack_frame(AccessDenied(), ref="r")["code"] == "forbidden"
    )
    assert nack_frame(RateLimited(), ref="r")["retryable"] is True


def test_an_error_says_what_it_was_about():
    frame = error_frame(Invalid("No.", fields={"a": ["No."]}), ref="r", frame_type="send")

    assert frame == {
        "type": "error", "ref": "r", "for": "send", "code": "invalid", "detail": "No.", "fields": {"a": ["No."]},
    }  # fmt: skip


def test_an_ack_names_the_place():
    receipt = customer_says(ChatSessionFactory())

    assert ack_frame("s", str(receipt.ref), receipt.seq, receipt.at) == {
        "type": "ack", "ref": str(receipt.ref), "session": "s", "seq": 1, "at": receipt.at.isoformat(),
    }  # fmt: skip


# Apps above


def test_apps_above_speak_before_the_state(monkeypatch):
    monkeypatch.setattr(extensions, "_state_providers", [])
    extensions.state_frames(lambda session, viewer: [{"type": "extra", "viewer": viewer}])

    frames = selectors.state_frames(ChatSessionFactory(), "customer")

    assert [frame["type"] for frame in frames] == ["extra", "session"]
    assert frames[0]["viewer"] == "visitor"


def test_apps_above_answer_commands(monkeypatch):
    monkeypatch.setattr(extensions, "_visitor_commands", {})
    extensions.visitor_command("wave")(lambda session, frame: [{"type": "waved"}])

    assert extensions.visitor_command_for("wave")(SimpleNamespace(), {}) == [{"type": "waved"}]
    assert extensions.visitor_command_for("dance") is None


# Life of a session


def test_the_moves_are_those_of_the_table():
    default_queue()
    session = ChatSessionFactory()
    seen = ["bot"]
    for move in (
        lambda: services.hand_off(session, actor=session.customer, reason="asked"),
        lambda: services.claim_session(session, actor=make_agent(default_queue())),
        lambda: services.requeue_session(session, reason="agent_lost"),
        lambda: services.claim_session(session, actor=make_agent(default_queue())),
        lambda: services.wrap_up_session(session, actor=session.agent),
        lambda: services.close_session(session, actor=session.agent),
        lambda: services.reopen_session(session, actor=session.customer),
    ):
        move()
        session.refresh_from_db()
        seen.append(session.status)

    assert seen == ["bot", "queued", "active", "queued", "active", "wrap_up", "closed", "queued"]
    assert all(after in NEXT[before] for before, after in pairwise(seen))
    assert set(NEXT) == set(ChatStatus)


@pytest.mark.django_db
def test_the_last_words_of_a_customer_are_theirs_alone():
    asked, silent = active_session(), active_session()
    customer_says(asked, "First")
    customer_says(asked, "W" * 200)
    agent_says(asked, "An answer")

    assert selectors.last_words([asked.pk, silent.pk]) == {asked.pk: "W" * 160}
