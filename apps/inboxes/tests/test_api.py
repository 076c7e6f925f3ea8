import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.inboxes.models import Inbox
from apps.inboxes.services import set_inbox_members
from apps.inboxes.tests.factories import SECRET, InboxFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/inboxes/"


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def slugs(response):
    return {row["slug"] for row in response.json()["results"]}


@pytest.mark.parametrize("role", ["manager", "auditor", "api_client"])
def test_those_who_may_read_any_inbox_read_all(role):
    InboxFactory.create_batch(2)

    assert len(slugs(client_of(StaffFactory(role=role)).get(LIST))) == 2


@pytest.mark.parametrize("role", ["agent", "supervisor"])
def test_others_read_those_they_may_use(role):
    mine, other = InboxFactory.create_batch(2)
    user = StaffFactory(role=role)
    set_inbox_members(mine, users=[user], actor=SYSTEM)
    client = client_of(user)

    assert slugs(client.get(LIST)) == {mine.slug}
    assert client.get(f"{LIST}{mine.slug}/").status_code == 200
    assert client.get(f"{LIST}{other.slug}/").status_code == 404


def test_a_member_without_a_role_reads_none():
    inbox, user = InboxFactory(), StaffFactory()
    set_inbox_members(inbox, users=[user], actor=SYSTEM)

    assert not Inbox.objects.visible_to(user).exists()


def test_the_desk_itself_reads_all():
    InboxFactory()

    assert Inbox.objects.visible_to(SYSTEM).count() == 1


def test_strangers_read_nothing():
    assert APIClient().get(LIST).status_code == 401


def test_the_secret_is_never_shown():
    inbox = InboxFactory(signing=True)

    response = client_of(StaffFactory(role="manager")).get(f"{LIST}{inbox.slug}/")

    assert response.json()["signs_identities"] is True
    assert SECRET not in response.content.decode()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_an_inbox_is_neither_replaced_nor_removed(method):
    inbox, client = InboxFactory(), client_of(StaffFactory(role="manager"))

    assert getattr(client, method)(f"{LIST}{inbox.slug}/", {"name": "New"}).status_code == 405


def test_the_list_takes_the_same_queries_for_more_rows():
    client, counts = client_of(StaffFactory(role="manager")), []
    for more in (1, 99):
        InboxFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST, {"page_size": 100}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_filters():
    InboxFactory(slug="old", is_active=False)
    InboxFactory(slug="phone", channel="app")

    assert slugs(client_of(StaffFactory(role="manager")).get(LIST, {"channel": "app"})) == {"phone"}
