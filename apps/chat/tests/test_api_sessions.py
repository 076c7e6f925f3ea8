from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.access.services import create_token
from apps.audit.models import AuditEvent
from apps.chat.models import Message
from apps.chat.tests.checks import snapshot
from apps.chat.tests.factories import (
    QueueFactory,
    StaffFactory,
    active_session,
    closed_session,
    customer_says,
    image_bytes,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.chat.tests.rest import assert_problem, client_of

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/sessions/"
ENDPOINTS = [
    ("get", ""), ("get", "messages/"), ("get", "search/"), ("post", "messages/"), ("post", "cancel/"),
    ("post", "received/"), ("post", "read/"), ("post", "typing/"), ("post", "accept/"), ("post", "transfer/"),
    ("post", "wrap_up/"), ("post", "close/"), ("post", "join/"), ("post", "leave/"), ("post", "uploads/"),
]  # fmt: skip


def url(session, name=""):
    return f"{ROOT}{session.public_id}/{name}"


def post(session, name, body=None, *, user=None):
    return client_of(user or session.agent).post(url(session, f"{name}/"), body or {})


# Who


@pytest.mark.parametrize(("method", "name"), ENDPOINTS)
def test_what_one_may_not_see_is_not_there(method, name):
    session = active_session()
    before = snapshot(session)

    for user in (StaffFactory(), make_agent(QueueFactory()), StaffFactory(role="api_client")):
        assert_problem(getattr(client_of(user), method)(url(session, name)), 404, "not_found")
    assert_problem(getattr(APIClient(), method)(url(session, name)), 401, "not_signed_in")
    assert snapshot(session) == before


def test_an_auditor_reads_and_changes_nothing():
    session, auditor = active_session(), StaffFactory(role="auditor")

    assert client_of(auditor).get(url(session, "messages/")).status_code == 200
    before = snapshot(session)
    body = {"ref": str(uuid4()), "body": "Hi", "seq": 1, "on": True, "to": {"queue": session.queue.pk}}
    for name in ("messages", "cancel", "accept", "transfer", "wrap_up", "close", "join", "typing"):
        assert_problem(post(session, name, body, user=auditor), 403, "forbidden")
    assert snapshot(session) == before


def test_a_bearer_token_is_as_good_as_a_cookie():
    session = active_session()
    client = APIClient()
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {create_token(session.agent, actor=session.agent, name='x')}"
    )

    assert client.get(url(session)).status_code == 200
    assert client.post(url(session, "messages/"), {"ref": str(uuid4()), "body": "Hi"}).status_code == 201


def test_a_cookie_needs_the_csrf_token():
    session = active_session()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(session.agent)

    assert_problem(client.post(url(session, "close/"), {}), 403, "forbidden")


def test_reading_a_chat_is_on_record():
    session = active_session()

    client_of(session.agent).get(url(session))

    assert AuditEvent.objects.filter(action="chat:ReadSession", target_id=str(session.pk)).count() == 1


# Writing


def test_an_agent_sends_once():
    session, ref = active_session(), str(uuid4())

    first = post(session, "messages", {"ref": ref, "body": "Hi!"})
    again = post(session, "messages", {"ref": ref, "body": "Hi!"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert_problem(post(session, "messages", {"ref": ref, "body": "Ho!"}), 409, "conflict")
    assert_problem(post(session, "messages", {"ref": str(uuid4()), "body": "x" * 8001}), 413, "too_large")


def test_an_agent_reads_notes_too():
    session = active_session()
    post(session, "messages", {"ref": str(uuid4()), "kind": "note", "body": "VIP"})

    rows = client_of(session.agent).get(url(session, "messages/")).json()["results"]

    assert [row["kind"] for row in rows] == ["event", "event", "note"]
    assert [row["prev"] for row in rows] == [0, 1, 2]


def test_an_agent_cancels():
    session, ref = active_session(), str(uuid4())

    assert post(session, "cancel", {"ref": ref}).json() == {"result": "cancelled"}
    assert_problem(post(session, "messages", {"ref": ref, "body": "Hi"}), 409, "cancelled")


def test_an_agent_marks():
    session = active_session()
    customer_says(session)

    assert post(session, "received", {"seq": 3}).status_code == 204
    assert post(session, "read", {"seq": 3}).status_code == 204

    session.refresh_from_db()
    assert (session.marks("agent"), session.unread_count) == ((3, 3, 0), 0)


def test_only_who_could_speak_is_seen_typing():
    session = active_session()

    assert post(session, "typing", {"on": True}).status_code == 204
    for watcher in (make_agent(session.queue), make_supervisor(session.queue)):
        assert_problem(post(session, "typing", {"on": True}, user=watcher), 403, "forbidden")


def test_an_agent_uploads():
    session = active_session()
    file = SimpleUploadedFile("shoe.png", image_bytes())

    response = client_of(session.agent).post(url(session, "uploads/"), {"file": file}, format="multipart")

    assert response.status_code == 201
    assert set(response.json()) == {"id", "name", "mime", "size", "width", "height", "url"}


# Moving


def test_an_agent_accepts():
    session = queued_session()
    agent, rival = make_agent(session.queue), make_agent(session.queue)

    body = post(session, "accept", user=agent).json()

    assert (body["status"], body["agent"]["name"]) == ("active", agent.display_name)
    refused = post(session, "accept", user=rival)
    assert_problem(refused, 409, "already_taken")
    assert refused.json()["owner"] == agent.display_name


def test_an_agent_transfers():
    session, queue = active_session(), QueueFactory()

    body = post(session, "transfer", {"to": {"queue": queue.slug}, "note": "Knows sizes."}).json()

    assert (body["status"], body["queue"]["id"]) == ("queued", queue.pk)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"to": {}}, 404, "not_found"),
        ({"to": {"queue": "none"}}, 404, "not_found"),
        ({"to": {"agent": "\x00"}}, 404, "not_found"),
        ({"to": {"agent": {"a": 1}}}, 404, "not_found"),
        ({"to": {"queue": 1}, "note": "x" * 4001}, 400, "invalid"),
    ],
)
def test_a_transfer_to_nobody_changes_nothing(body, status, code):
    session = active_session()
    before = snapshot(session)

    assert_problem(post(session, "transfer", body), status, code)
    assert snapshot(session) == before


def test_an_agent_writes_up_and_closes():
    session = active_session()

    wrapped = post(session, "wrap_up", {"code": "refund", "note": "Done."}).json()
    closed = post(session, "close").json()

    assert wrapped["status"] == "wrap_up"
    assert (closed["status"], closed["close_reason"]) == ("closed", "resolved")


def test_a_supervisor_joins_and_leaves():
    session = active_session()
    supervisor = make_supervisor(session.queue)

    assert post(session, "join", {"mode": "barge"}, user=supervisor).status_code == 200
    assert post(session, "leave", user=supervisor).status_code == 204
    assert_problem(post(session, "join", {"mode": "shout"}, user=supervisor), 400, "invalid")


@pytest.mark.parametrize("name", ["messages", "accept", "transfer", "join", "uploads"])
def test_a_closed_chat_takes_nothing(name):
    session = closed_session()
    before = snapshot(session)
    user = make_supervisor(session.queue) if name == "join" else session.agent
    file = SimpleUploadedFile("shoe.png", image_bytes())
    body = {"ref": str(uuid4()), "body": "Hi", "to": {"queue": session.queue.pk}}

    if name == "uploads":
        response = client_of(user).post(url(session, "uploads/"), {"file": file}, format="multipart")
    else:
        response = post(session, name, body, user=user)

    assert_problem(response, 409, "session_closed")
    assert snapshot(session) == before


def test_closing_twice_is_no_error():
    session = active_session()

    assert [post(session, "close").status_code for _ in range(2)] == [200, 200]
    assert Message.objects.filter(payload__event="closed").count() == 1
