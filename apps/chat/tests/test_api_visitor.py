from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.chat import services
from apps.chat.models import Attachment, Message
from apps.chat.tests.checks import snapshot
from apps.chat.tests.factories import (
    InboxFactory,
    QueueFactory,
    agent_says,
    customer_says,
    image_bytes,
    make_agent,
)
from apps.chat.tests.rest import ROOT, Visitor, assert_problem
from apps.routing.tests.factories import CalendarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    return Visitor(services.open_session(inbox_slug=InboxFactory(slug="web").slug))


@pytest.fixture
def anybody():
    return APIClient()


# State


def test_the_state_is_the_session_frame(visitor):
    body = visitor.get().json()

    assert body == {
        "type": "session",
        "session": visitor.session.public_id,
        "status": "bot",
        "queue": None,
        "agent": None,
        "close_reason": None,
        "last_seq": 0,
        "hours": {"open": True, "opens_at": None},
        "offer": None,
        "offers": [],
        "reopenable": False,
    }


def test_the_waiting_learn_their_place(visitor):
    queue = QueueFactory(is_default=True)
    agent = make_agent(queue, max_units=1, used_units=1)

    body = visitor.post("human").json()

    assert (body["status"], body["queue"]["name"], body["queue"]["position"]) == ("queued", queue.name, 1)
    assert body["queue"]["eta_low"] <= body["queue"]["eta_high"]
    assert agent.display_name not in str(body)


def test_out_of_hours_the_state_says_so(visitor):
    QueueFactory(is_default=True, calendar=CalendarFactory())

    assert visitor.post("human").json()["hours"]["open"] is False


def test_the_customer_never_learns_what_agents_know(visitor):
    visitor.accepted_by()

    assert set(visitor.get().json()) == {
        "type", "session", "status", "queue", "agent", "close_reason", "last_seq", "hours", "offer", "offers",
        "reopenable",
    }  # fmt: skip


# Messages


def test_a_message_is_stored_once(visitor):
    ref = uuid4()

    first, again = visitor.send(ref=ref), visitor.send(ref=ref)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["ref"], first.json()["seq"]) == (str(ref), 1)
    assert Message.objects.count() == 1


def test_the_same_ref_with_other_content_is_a_conflict(visitor):
    ref = uuid4()
    visitor.send("One", ref=ref)

    assert_problem(visitor.send("Two", ref=ref), 409, "conflict")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"body": "x" * 8001}, 413, "too_large"),
        ({"body": "x" * 33_000}, 413, "too_large"),
        ({"body": ""}, 400, "invalid"),
        ({"body": "Hi", "kind": "event"}, 400, "invalid"),
        ({"body": "Hi", "kind": "note"}, 403, "forbidden"),
        ({"body": "Hi", "payload": []}, 400, "invalid"),
        ({"body": "Hi", "ref": "1"}, 400, "invalid"),
        ({"kind": "image", "payload": {"attachment": "x"}}, 400, "invalid"),
    ],
)
def test_a_message_that_cannot_be_stored_is_refused(visitor, body, status, code):
    before = snapshot(visitor.session)

    assert_problem(visitor.post("messages", {"ref": str(uuid4()), **body}), status, code)
    assert snapshot(visitor.session) == before


def test_a_body_that_is_no_json_is_refused(visitor):
    response = visitor.client.post(visitor.url("messages"), "{", content_type="application/json")

    assert_problem(response, 400, "invalid")


def test_a_cancelled_message_never_comes(visitor):
    ref = str(uuid4())

    assert visitor.post("cancel", {"ref": ref}).json() == {"result": "cancelled"}
    assert_problem(visitor.send(ref=ref), 409, "cancelled")


def test_cancelling_too_late_says_where_it_is(visitor):
    ref = str(uuid4())
    visitor.send(ref=ref)

    assert visitor.post("cancel", {"ref": ref}).json() == {"result": "stored", "seq": 1}


def test_messages_come_in_pages(visitor):
    for number in range(5):
        customer_says(visitor.session, f"Line {number}")

    newest = visitor.get("messages", limit=2).json()
    older = visitor.get("messages", before=4, limit=2).json()
    after = visitor.get("messages", after=2, limit=50).json()

    assert [row["seq"] for row in newest["results"]] == [4, 5]
    assert [row["seq"] for row in older["results"]] == [2, 3]
    assert [row["seq"] for row in after["results"]] == [3, 4, 5]
    assert (newest["has_more"], older["has_more"], after["has_more"]) == (True, True, False)


def test_a_message_looks_as_on_the_socket(visitor):
    visitor.send("Hello?", payload={"order": "4711"})

    (row,) = visitor.get("messages").json()["results"]

    message = Message.objects.get()
    assert row == {
        "type": "message",
        "session": visitor.session.public_id,
        "seq": 1,
        "prev": 0,
        "ref": str(message.ref),
        "sender": {"kind": "customer", "name": visitor.session.customer.actor_label},
        "kind": "text",
        "body": "Hello?",
        "payload": {"order": "4711"},
        "at": message.at.isoformat(),
    }


def test_notes_stay_among_agents_and_gaps_can_be_told(visitor):
    session = visitor.accepted_by()
    agent_says(session, "Hm.", kind="note")
    answer = agent_says(session, "Yes.")

    rows = visitor.get("messages").json()["results"]

    assert [row["seq"] for row in rows] == [1, 2, 4]
    assert (rows[-1]["seq"], rows[-1]["prev"]) == (answer.seq, 2)


def test_what_was_recalled_is_empty(visitor):
    session = visitor.accepted_by()
    seq = agent_says(session, "Secret", payload={"a": 1}).seq
    agent_says(session, "", kind="recall", payload={"seq": seq})

    row = next(row for row in visitor.get("messages").json()["results"] if row["seq"] == seq)

    assert (row["body"], row["payload"]) == ("", {"recalled_by": seq + 1})


@pytest.mark.parametrize("query", [{"after": "x"}, {"limit": 0}, {"limit": 500}, {"before": -1}])
def test_a_senseless_page_is_refused(visitor, query):
    assert_problem(visitor.get("messages", **query), 400, "invalid")


def test_a_page_costs_the_same_for_any_number_of_messages(visitor):
    visitor.get("messages")
    counts = []
    for more in (1, 99):
        for _ in range(more):
            visitor.send("Hello?")
        with CaptureQueriesContext(connection) as queries:
            visitor.get("messages")
        counts.append(len(queries))

    assert counts[0] == counts[1]


# Marks and signs


def test_marks_move(visitor):
    session = visitor.accepted_by()
    agent_says(session)

    assert visitor.post("received", {"seq": 3}).status_code == 204
    assert visitor.post("read", {"seq": 2}).status_code == 204

    session.refresh_from_db()
    assert session.marks("customer") == (3, 2, 0)


@pytest.mark.parametrize("name", ["received", "read"])
@pytest.mark.parametrize("seq", [None, -1, "x", 2**31, 1.5])
def test_a_senseless_mark_is_refused(visitor, name, seq):
    assert_problem(visitor.post(name, {"seq": seq}), 400, "invalid")


def test_typing_is_passed_on_and_never_stored(visitor):
    before = snapshot(visitor.session)

    assert visitor.post("typing", {"on": True, "preview": "I would li"}).status_code == 204
    assert_problem(visitor.post("typing", {"on": True, "preview": "x" * 301}), 400, "invalid")
    assert snapshot(visitor.session) == before


def test_the_contact_is_kept(visitor):
    response = visitor.post("contact", {"name": "Mei", "email": "mei@shop.example"})

    assert response.json() == {"name": "Mei", "email": "mei@shop.example", "phone": ""}
    assert_problem(visitor.post("contact", {"email": "@"}), 400, "invalid")


def test_the_page_is_kept(visitor):
    assert visitor.post("page", {"source": "/p/2", "page_title": "Boot"}).status_code == 204

    visitor.session.refresh_from_db()
    assert (visitor.session.source, visitor.session.page_title) == ("/p/2", "Boot")


# Ends


def test_the_customer_ends_and_goes_on(visitor):
    ended = visitor.post("end").json()
    reopened = visitor.post("reopen").json()

    assert (ended["status"], ended["close_reason"]) == ("closed", "customer_ended")
    assert (reopened["status"], reopened["close_reason"]) == ("bot", None)


def test_a_closed_chat_takes_nothing_more(visitor):
    ref = uuid4()
    visitor.send(ref=ref)
    visitor.post("end")

    assert_problem(visitor.send(), 409, "session_closed")
    assert_problem(visitor.post("human"), 409, "session_closed")
    assert_problem(visitor.upload(), 409, "session_closed")
    assert visitor.send(ref=ref).status_code == 200
    assert visitor.get("messages").status_code == 200


def test_the_rating_is_given_once(visitor):
    session = visitor.accepted_by()
    customer_says(session)
    agent_says(session)
    visitor.post("end")

    assert visitor.post("rate", {"score": 5}).status_code in (200, 201)
    assert_problem(visitor.post("rate", {"score": 1}), 409, "already_rated")


# Files


def test_a_picture_is_uploaded_and_sent(visitor):
    response = visitor.upload()

    body = response.json()
    assert response.status_code == 201
    assert (body["name"], body["mime"], body["width"], body["height"]) == ("shoe.png", "image/png", 8, 6)
    assert visitor.client.get(body["url"]).content == image_bytes()
    assert visitor.send("", kind="image", payload={"attachment": body["id"]}).status_code == 201


def test_an_upload_that_cannot_be_kept_is_refused(visitor, settings):
    settings.UPLOAD_MAX_BYTES = 200

    assert_problem(visitor.upload(b"<svg onload=alert(1)>", "a.png"), 400, "upload_refused")
    assert_problem(visitor.upload(b"", "a.png"), 400, "upload_refused")
    assert_problem(visitor.upload(b"x" * 201, "a.txt"), 413, "too_large")
    assert_problem(visitor.client.post(f"{ROOT}uploads", {}, format="multipart"), 400, "invalid")
    assert not Attachment.objects.exists()


def test_uploads_are_limited(visitor, settings):
    settings.CHAT_UPLOADS_PER_MINUTE = 1

    assert visitor.upload().status_code == 201
    assert_problem(visitor.upload(), 429, "rate_limited")
