import json

import pytest
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.inboxes.models import Inbox
from apps.inboxes.selectors import inbox_members
from apps.inboxes.tests.factories import InboxFactory

pytestmark = pytest.mark.django_db
ADD, LIST = reverse("admin:inboxes_inbox_add"), reverse("admin:inboxes_inbox_changelist")


def page_of(inbox):
    return reverse("admin:inboxes_inbox_change", args=[inbox.pk])


def form_of(**fields):
    return {
        "name": "Web",
        "slug": "web",
        "channel": "web",
        "is_active": "on",
        "shop_name": "Little Shop",
        "color": "#112233",
        "greeting": json.dumps({"en": "Hello!"}),
        "quick_questions": "[]",
        "default_locale": "en",
        "reopen_seconds": "900",
        "allowed_origins": "https://shop.example,https://*.shop.example",
    } | fields


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


def test_a_manager_adds_an_inbox_through_the_service(manager):
    agent = StaffFactory()

    response = manager.post(ADD, form_of(members=[agent.pk]))

    assert response.status_code == 302
    inbox = Inbox.objects.get()
    assert inbox.allowed_origins == ["https://shop.example", "https://*.shop.example"]
    assert list(inbox_members(inbox)) == [agent]
    assert {row.action for row in AuditEvent.objects.all()} >= {"inboxes:CreateInbox", "inboxes:UpdateInbox"}


def test_a_manager_changes_an_inbox_through_the_service(manager):
    inbox = InboxFactory(slug="web", name="Old")

    assert manager.post(page_of(inbox), form_of(name="New")).status_code == 302

    inbox.refresh_from_db()
    assert (inbox.name, inbox.greeting) == ("New", {"en": "Hello!"})
    assert "name" in AuditEvent.objects.get(action="inboxes:UpdateInbox").data["fields"]


def test_a_malformed_origin_is_an_error_of_its_field(manager):
    inbox = InboxFactory(slug="web")

    page = manager.post(page_of(inbox), form_of(allowed_origins="shop.example"))

    assert "allowed_origins" in page.context["adminform"].form.errors


def test_the_page_shows_members_and_no_secret(manager):
    inbox = InboxFactory(signing=True)

    page = manager.get(page_of(inbox)).content.decode()

    assert inbox.identity_secret not in page
    assert 'name="members"' in page


def test_a_new_secret_is_shown_once(manager):
    inbox = InboxFactory(slug="web")

    page = manager.post(page_of(inbox), form_of(inboxes_inbox_new_secret="1"), follow=True).content.decode()

    inbox.refresh_from_db()
    assert len(inbox.identity_secret) >= 32
    assert inbox.identity_secret in page
    assert inbox.identity_secret not in manager.get(page_of(inbox)).content.decode()


def test_an_auditor_reads_but_does_not_write(client):
    client.force_login(StaffFactory(role="auditor", is_staff=True))
    inbox = InboxFactory(name="Old", slug="web")

    assert client.get(LIST).status_code == 200
    assert 'name="_save"' not in client.get(page_of(inbox)).content.decode()
    assert client.post(page_of(inbox), form_of(name="New", inboxes_inbox_new_secret="1")).status_code == 403
    inbox.refresh_from_db()
    assert (inbox.name, inbox.identity_secret) == ("Old", "")


def test_an_inbox_is_never_deleted(manager):
    inbox = InboxFactory()

    assert manager.post(reverse("admin:inboxes_inbox_delete", args=[inbox.pk])).status_code == 403
