"""Files that customers sent, for those who see masks: shown in a chat by uncovering only."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.access.models import Reveal
from apps.access.tests.factories import PolicyFactory, VendorFactory
from apps.audit.models import AuditEvent
from apps.chat.files import signed_path
from apps.chat.frames import message_frame
from apps.chat.masked import mask_frame
from apps.chat.models import Message
from apps.chat.services import add_attachment
from apps.chat.tests.factories import (
    QueueFactory,
    active_session,
    agent_says,
    customer_says,
    image_bytes,
    uploaded,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def session():
    """A chat of a partner's agent, with a file of the customer and one of the agent."""
    session = active_session()
    session.agent.vendor = VendorFactory()
    session.agent.save()
    for actor, say in ((session.customer, customer_says), (session.agent, agent_says)):
        file = add_attachment(session, actor=actor, upload=uploaded())
        say(session, "", kind="image", payload={"attachment": str(file.public_id)})
    return session


@pytest.fixture
def browser(session):
    browser = Client()
    browser.force_login(session.agent)
    return browser


def files_of(session):
    return session.attachments.order_by("pk")


def uncover(browser, session):
    body = {
        "type": "chat.attachment",
        "id": f"{session.public_id}:{files_of(session)[0].public_id}",
        "field": "file",
        "reason": "Is it the right shoe?",
    }
    return browser.post("/api/v1/reveals/", body, content_type="application/json")


def test_only_files_of_the_desk_have_an_address(browser, session):
    answer = browser.get(f"/api/v1/sessions/{session.public_id}/messages/").json()
    lines = Message.objects.filter(session=session, kind="image").order_by("seq")
    pushed = [mask_frame(message_frame(line, session.public_id)) for line in lines]

    for frames in ([row for row in answer["results"] if row["kind"] == "image"], pushed):
        assert [bool(frame["payload"]["url"]) for frame in frames] == [False, True]
        assert frames[0]["payload"]["attachment"] == str(files_of(session)[0].public_id)


def test_the_transcript_to_read_has_the_address_once_it_is_uncovered(browser, session):
    address = f"/console/chats/{session.public_id}/transcript/"
    before = browser.get(address).content.decode()
    uncover(browser, session)
    after = browser.get(address).content.decode()

    assert [page.count('"/files/') for page in (before, after)] == [1, 2]
    assert [page.count("Show file…") for page in (before, after)] == [1, 1]
    assert "shoe.png" in before


def test_no_button_where_the_file_would_be_refused(browser, session):
    part = {"Effect": "Deny", "Action": "access:RevealField", "Resource": "acs:helpdesk:*:*:attachment/*"}
    PolicyFactory(is_guardrail=True, document={"Version": "1", "Statement": [part]})

    page = browser.get(f"/console/chats/{session.public_id}/transcript/").content.decode()

    assert "data-file" in page
    assert "Show file…" not in page


def test_an_address_that_somebody_else_was_given_is_refused_and_on_record(browser, session, client):
    theirs, ours = (signed_path(str(file.public_id)) for file in files_of(session))

    refused = browser.get(theirs)

    assert (refused.status_code, refused.json()["code"]) == (403, "file_masked")
    assert refused["Content-Type"].startswith("application/problem+json")
    event = AuditEvent.objects.get(action="chat:ReadFile")
    assert (event.error_code, event.data) == ("AccessDenied", {"file": str(files_of(session)[0].public_id)})
    assert browser.get(ours).content == image_bytes()
    assert client.get(theirs).content == image_bytes()


def test_uncovered_it_is_shown_for_ten_minutes(browser, session):
    answer = uncover(browser, session)

    assert answer.status_code == 201, answer.content
    address = answer.json()["value"]
    shown = browser.get(address)
    assert (shown.content, shown["Cache-Control"]) == (image_bytes(), "no-store")
    event = AuditEvent.objects.get(action="access:RevealField")
    assert (event.target_type, event.data["field"]) == ("chat.attachment", "file")
    Reveal.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert browser.get(address).status_code == 404


def test_nobody_uncovers_files_of_chats_that_they_may_not_read(browser, session):
    active = active_session(queue=QueueFactory())
    file = add_attachment(active, actor=active.customer, upload=uploaded())
    names = [f"{active.public_id}:{file.public_id}", f"{session.public_id}:{file.public_id}", "x", ":", "x:y"]

    for name in names:
        body = {"type": "chat.attachment", "id": name, "field": "file", "reason": "Curious me"}
        assert browser.post("/api/v1/reveals/", body, content_type="application/json").status_code == 404
