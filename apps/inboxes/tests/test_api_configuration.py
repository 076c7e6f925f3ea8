"""Inboxes and mailboxes as managers set them through the API."""

import pytest

from apps.access.models import IdempotentCall
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.audit.tests.configuring import Resource, client_of, last_event, made, queries_of_list, rows_of
from apps.inboxes.models import EmailAccount, Inbox
from apps.inboxes.selectors import inbox_members
from apps.inboxes.tests.factories import SECRET, EmailAccountFactory, InboxFactory

pytestmark = pytest.mark.django_db

INBOXES = Resource(
    "inboxes",
    {"slug": "app", "name": "App", "channel": "app", "greeting": {"en": "Hello!", "zh": "您好！"}},
    {"is_active": False, "reopen_seconds": 60},
    {"color": "red"},
)
MAILBOXES = Resource(
    "mailboxes",
    {
        "address": "help@desk.example",
        "inbox": "web",
        "host": "imap.example",
        "username": "help",
        "password": "pa55-word",
    },
    {"is_active": False},
    {"host": ""},
    hidden=("password",),
)
each = pytest.mark.parametrize(("resource", "key"), [(INBOXES, "slug"), (MAILBOXES, "id")], ids=str)


@pytest.fixture(autouse=True)
def web():
    return InboxFactory(slug="web", signing=True)


@pytest.fixture
def manager():
    return client_of(StaffFactory(role="manager"))


@each
def test_a_manager_makes_a_row(resource, key, manager):
    shown = manager.get(made(manager, resource, key=key)).json()

    assert shown == shown | resource.shown


@each
def test_a_manager_changes_a_row_and_the_trail_says_what(resource, key, manager):
    url = made(manager, resource, key=key)

    answer = manager.patch(url, resource.change)

    assert answer.json() == answer.json() | resource.change
    assert last_event().data["fields"] == list(resource.change)
    assert last_event().data["after"] == resource.change


@each
@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor"])
def test_others_change_nothing(resource, key, role, manager):
    url, other = made(manager, resource, key=key), client_of(StaffFactory(role=role))
    before, events = rows_of(manager, resource), AuditEvent.objects.deeds().count()

    answers = [other.post(resource.url, resource.body), other.patch(url, resource.change)]

    assert {answer.status_code for answer in answers} == {403}
    assert rows_of(manager, resource) == before
    assert AuditEvent.objects.deeds().count() == events


@each
def test_what_is_wrong_is_said_at_its_field(resource, key, manager):
    url = made(manager, resource, key=key)
    before = rows_of(manager, resource)

    answer = manager.patch(url, resource.wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, list(resource.wrong))
    assert rows_of(manager, resource) == before


@each
def test_a_key_makes_one_row_of_two_calls(resource, key, manager):
    rows = len(rows_of(manager, resource))

    for _ in range(2):
        manager.post(resource.url, resource.body, headers={"Idempotency-Key": "k-1"})

    assert len(rows_of(manager, resource)) == rows + 1


@each
def test_nothing_is_deleted(resource, key, manager):
    assert manager.delete(made(manager, resource, key=key)).status_code == 405


def test_mailboxes_cost_the_same_with_more_rows(manager):
    EmailAccountFactory()
    one = queries_of_list(manager, MAILBOXES, rows=1)
    EmailAccountFactory.create_batch(99)

    assert queries_of_list(manager, MAILBOXES, rows=100) == one


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor"])
def test_mailboxes_are_the_managers(role):
    assert client_of(StaffFactory(role=role)).get(MAILBOXES.url).status_code == 403


def test_a_password_is_stored_and_told_to_nobody(manager):
    answer = manager.post(MAILBOXES.url, MAILBOXES.body)

    assert EmailAccount.objects.get().password == "pa55-word"
    assert "pa55-word" not in answer.content.decode()
    assert "pa55-word" not in str(list(AuditEvent.objects.values_list("data", flat=True)))


@pytest.mark.parametrize("change", [{"password": ""}, {"folder": "Support"}])
def test_a_password_that_is_not_named_stays(manager, change):
    url = made(manager, MAILBOXES)

    assert manager.patch(url, change).status_code == 200
    assert EmailAccount.objects.get().password == "pa55-word"


def test_another_place_is_read_from_its_beginning(manager):
    account = EmailAccountFactory(last_uid=70, uidvalidity=1)

    manager.patch(f"{MAILBOXES.url}{account.pk}/", {"folder": "Support"})

    account.refresh_from_db()
    assert (account.last_uid, account.uidvalidity) == (0, None)


def test_members_are_a_whole_list(manager, web):
    one, other = StaffFactory.create_batch(2)
    manager.patch(f"{INBOXES.url}web/", {"members": [one.pk, other.username]})

    body = manager.patch(f"{INBOXES.url}web/", {"members": [other.pk]}).json()

    assert body["members"] == [other.pk]
    assert list(inbox_members(web)) == [other]


def test_greetings_by_language(manager):
    answer = manager.patch(f"{INBOXES.url}web/", {"greeting": {"xx": "?"}})

    assert list(answer.json()["fields"]) == ["greeting"]


def test_a_new_secret_is_shown_once(manager, web):
    answer = manager.post(f"{INBOXES.url}web/identity-secret/", headers={"Idempotency-Key": "k-1"})

    secret = Inbox.objects.get(pk=web.pk).identity_secret
    assert answer.json() == {"identity_secret": secret}
    assert secret != SECRET
    assert not IdempotentCall.objects.exists()
    assert secret not in str(last_event().data)


def test_an_agent_makes_no_secret(web):
    agent = client_of(StaffFactory(role="agent"))

    assert agent.post(f"{INBOXES.url}web/identity-secret/").status_code == 403
    assert Inbox.objects.get(pk=web.pk).identity_secret == SECRET
