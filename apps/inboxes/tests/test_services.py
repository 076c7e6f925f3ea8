import pytest
from django.db import IntegrityError, transaction

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid, NotFound
from apps.common.events import subscribe
from apps.inboxes import services
from apps.inboxes.events import InboxChanged
from apps.inboxes.models import Inbox
from apps.inboxes.selectors import active_inbox, inbox_members
from apps.inboxes.tests.factories import InboxFactory

pytestmark = pytest.mark.django_db
published: list = []
subscribe(InboxChanged)(published.append)


@pytest.fixture(autouse=True)
def _nothing_published_yet():
    published.clear()


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def test_a_manager_creates_an_inbox(manager):
    inbox = services.create_inbox(
        actor=manager, slug="web", name="Web", allowed_origins=["https://shop.example"], color="#112233"
    )

    assert Inbox.objects.get() == inbox
    assert inbox.allows_origin("https://shop.example")
    assert AuditEvent.objects.deeds().get().action == "inboxes:CreateInbox"


def test_an_agent_creates_no_inbox():
    with pytest.raises(AccessDenied):
        services.create_inbox(actor=StaffFactory(role="agent"), slug="web", name="Web")

    assert not Inbox.objects.exists()
    assert not AuditEvent.objects.deeds().exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "two words"),
        ("slug", ""),
        ("channel", "pigeon"),
        ("allowed_origins", ["shop.example"]),
        ("color", "red"),
        ("greeting", {"fr": "Bonjour"}),
        ("quick_questions", [{"id": "a"}]),
        ("reopen_seconds", 10**7),
    ],
)
def test_a_malformed_field_is_named_and_nothing_stored(field, value):
    with pytest.raises(Invalid) as refusal:
        services.create_inbox(actor=SYSTEM, **({"slug": "web", "name": "Web"} | {field: value}))

    assert list(refusal.value.fields) == [field]
    assert not Inbox.objects.exists()


def test_two_inboxes_cannot_share_a_slug():
    InboxFactory(slug="web")

    with pytest.raises(Invalid) as refusal:
        services.create_inbox(actor=SYSTEM, slug="web", name="Again")

    assert list(refusal.value.fields) == ["slug"]


def test_the_secret_is_not_set_like_a_field():
    with pytest.raises(TypeError):
        services.update_inbox(InboxFactory(), actor=SYSTEM, identity_secret="x" * 40)


def test_a_manager_updates_an_inbox(manager, django_capture_on_commit_callbacks):
    inbox = InboxFactory(name="Web")

    with django_capture_on_commit_callbacks(execute=True):
        services.update_inbox(inbox, actor=manager, name="Shop", is_active=False)

    inbox.refresh_from_db()
    assert (inbox.name, inbox.is_active) == ("Shop", False)
    assert AuditEvent.objects.deeds().get().data == {
        "fields": ["is_active", "name"],
        "before": {"is_active": True, "name": "Web"},
        "after": {"is_active": False, "name": "Shop"},
    }
    assert [event.inbox_id for event in published] == [inbox.pk]


def test_an_update_that_changes_nothing_leaves_no_trace(manager):
    inbox = InboxFactory(name="Web")

    services.update_inbox(inbox, actor=manager, name="Web")

    assert not AuditEvent.objects.deeds().exists()


def test_a_malformed_update_changes_nothing(manager):
    inbox = InboxFactory(name="Web")

    with pytest.raises(Invalid):
        services.update_inbox(inbox, actor=manager, name="Shop", color="red")

    inbox.refresh_from_db()
    assert inbox.name == "Web"


def test_an_agent_of_the_inbox_does_not_update_it():
    inbox, agent = InboxFactory(name="Web"), StaffFactory(role="agent")
    services.set_inbox_members(inbox, users=[agent], actor=SYSTEM)

    with pytest.raises(AccessDenied):
        services.update_inbox(inbox, actor=agent, name="Mine")

    inbox.refresh_from_db()
    assert inbox.name == "Web"


def test_a_new_secret_is_returned_and_audited_without_itself(manager):
    inbox = InboxFactory(signing=True)
    before = inbox.identity_secret

    secret = services.rotate_identity_secret(inbox, actor=manager)

    assert inbox.identity_secret == secret != before
    assert secret not in str(AuditEvent.objects.deeds().get().data)


def test_an_auditor_gets_no_new_secret():
    inbox = InboxFactory(signing=True)
    before = inbox.identity_secret

    with pytest.raises(AccessDenied):
        services.rotate_identity_secret(inbox, actor=StaffFactory(role="auditor"))

    inbox.refresh_from_db()
    assert inbox.identity_secret == before


def test_members_are_exactly_those_named(manager):
    inbox, other = InboxFactory.create_batch(2)
    first, second, third = StaffFactory.create_batch(3)
    services.set_inbox_members(inbox, users=[first, second], actor=manager)
    services.set_inbox_members(other, users=[first], actor=manager)

    services.set_inbox_members(inbox, users=[second, third], actor=manager)

    assert set(inbox_members(inbox)) == {second, third}
    assert set(inbox_members(other)) == {first}


def test_the_same_members_again_leave_no_trace(manager):
    inbox = InboxFactory()

    services.set_inbox_members(inbox, users=[], actor=manager)

    assert not AuditEvent.objects.deeds().exists()


def test_an_agent_names_no_members():
    inbox, agent = InboxFactory(), StaffFactory(role="agent")

    with pytest.raises(AccessDenied):
        services.set_inbox_members(inbox, users=[agent], actor=agent)

    assert not inbox_members(inbox).exists()


def test_a_closed_inbox_is_not_found():
    InboxFactory(slug="web", is_active=False)

    with pytest.raises(NotFound):
        active_inbox("web")


def test_an_active_inbox_is_found():
    inbox = InboxFactory(slug="web")

    assert active_inbox("web") == inbox


def test_a_short_secret_cannot_be_stored():
    with pytest.raises(IntegrityError), transaction.atomic():
        InboxFactory(identity_secret="short")


def test_an_unknown_channel_cannot_be_stored():
    with pytest.raises(IntegrityError), transaction.atomic():
        InboxFactory(channel="pigeon")
