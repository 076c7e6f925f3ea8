"""Erasing and purging while others write and read."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.chat import services as chat
from apps.chat.history import messages_after
from apps.chat.models import ChatSession, Message
from apps.chat.services.visitors import issue_token
from apps.chat.tests.factories import ChatSessionFactory, InboxFactory
from apps.common.errors import DomainError
from apps.customers.models import Customer, Erasure, PurgeRun, RetentionRule
from apps.customers.privacy import erasing, registry, retention
from apps.customers.tests.factories import CustomerFactory
from apps.customers.tests.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
LINES = 30


def closed_chat(customer, lines=LINES):
    """A chat of ``lines`` lines that was closed long ago."""
    session = ChatSessionFactory(customer=customer)
    for number in range(lines):
        chat.post_message(session, actor=customer, ref=uuid4(), body=f"Elm Street {number}")
    at = timezone.now() - timedelta(days=400)
    ChatSession.objects.filter(pk=session.pk).update(
        status="closed", close_reason="customer_ended", closed_at=at, ended_at=at
    )
    session.refresh_from_db()
    return session


def asked_to_go(customer):
    return erasing.request_erasure(customer, actor=StaffFactory(role="manager"), reason="customer")


def outcome(call):
    """What came of a call: its result, or the code of its refusal."""
    try:
        return call()
    except DomainError as error:
        return error.code


def test_an_erasure_and_lines_that_are_appended_meanwhile_leave_a_log_without_gaps():
    customer = CustomerFactory()
    session = closed_chat(customer)
    erasure = asked_to_go(customer)
    erasing.confirm_erasure(erasure, actor=StaffFactory(role="manager"))

    def act(number):
        if number < 2:
            return erasing.run_erasure(erasure.pk)
        return [chat.post_event(session.pk, "note", "late", internal=True).seq for _ in range(5)]

    at_once(act, range(8))

    session.refresh_from_db()
    rows = list(Message.objects.filter(session=session).order_by("seq").values_list("seq", "body"))
    assert [seq for seq, _body in rows] == [*range(1, session.last_seq + 1)] == [*range(1, LINES + 31)]
    assert {body for seq, body in rows if seq <= LINES} == {""}
    assert Erasure.objects.get().state == "done"


@pytest.mark.parametrize("_round", range(3))
def test_either_the_chat_is_opened_first_or_somebody_new_opens_it(_round):
    customer = CustomerFactory()
    inbox = InboxFactory()
    token = issue_token(closed_chat(customer, lines=1), now=timezone.now())
    erasure, second = asked_to_go(customer), StaffFactory(role="manager")

    def act(number):
        if number == 0:
            return outcome(lambda: erasing.confirm_erasure(erasure, actor=second).state)
        return chat.open_session(inbox_slug=inbox.slug, token=token).session.customer_id

    confirmed, *owners = at_once(act, range(4))

    customer.refresh_from_db()
    if confirmed == "running":
        assert customer.pk not in owners
        assert customer.chat_sessions.exclude(status="closed").count() == 0
    else:
        assert confirmed == "chat_live"
        assert customer.erased_at is None


def test_two_who_ask_and_two_who_confirm_at_once_are_one():
    customer = CustomerFactory()
    people = [StaffFactory(role="manager") for _ in range(4)]

    asked = at_once(
        lambda person: outcome(
            lambda: erasing.request_erasure(customer, actor=person, reason="customer").state
        ),
        people,
    )
    assert sorted(asked) == ["erasure_open", "erasure_open", "erasure_open", "requested"]

    erasure = Erasure.objects.get()
    others = [person for person in people if person.pk != erasure.requested_by_id]
    confirmed = at_once(
        lambda person: outcome(lambda: erasing.confirm_erasure(erasure, actor=person).state), others
    )
    assert sorted(confirmed) == ["erasure_settled", "erasure_settled", "running"]

    at_once(lambda _: erasing.run_erasure(erasure.pk), range(4))
    erasure.refresh_from_db()
    assert erasure.state == "done"
    assert erasure.steps.get(kind="customers.profile").counts["customers.Customer"] == 1
    assert Customer.objects.get(pk=customer.pk).name == ""


def test_two_purges_at_once_are_one_and_readers_see_whole_chats():
    sessions = [closed_chat(CustomerFactory(), lines=5) for _ in range(20)]
    RetentionRule.objects.filter(kind="chat.chats").update(keep_days=365)
    kind, manager = registry.kind_of("chat.chats"), StaffFactory(role="manager")
    started = at_once(lambda _: outcome(lambda: retention.start_purge(kind, actor=manager).pk), range(3))
    assert sorted(map(str, started))[1:] == ["purge_running", "purge_running"]
    run = next(key for key in started if isinstance(key, int))
    seen = []

    def act(number):
        if number < 2:
            return retention.run_purge(run, size=3)
        for session in sessions:
            bodies = {frame["body"] != "" for frame in messages_after(session, "agent", 0).frames}
            seen.append((len(messages_after(session, "agent", 0).frames), len(bodies)))
        return None

    at_once(act, range(5))

    # Each chat is read whole: before its purge, or after it.
    assert set(seen) == {(5, 1)}
    while retention.run_purge(run, size=3):
        pass
    row = PurgeRun.objects.get()
    assert (row.state, row.done) == ("done", 20)
    assert not Message.objects.exclude(body="").exists()
