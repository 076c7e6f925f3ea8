import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.knowledge.models import CannedReply
from apps.knowledge.tests.factories import CannedReplyFactory
from apps.knowledge.tests.staff import api_client

pytestmark = pytest.mark.django_db
LIST = "/api/v1/canned-replies/"
BODY = {"shortcut": "hi", "title": "Hello", "body": "Hello!", "lang": "en"}


def shortcuts(response):
    return [row["shortcut"] for row in response.json()["results"]]


def test_agents_find_replies_by_what_they_type():
    CannedReplyFactory(shortcut="refund")
    CannedReplyFactory(shortcut="hello")

    assert shortcuts(api_client("agent").get(LIST)) == ["hello", "refund"]
    assert shortcuts(api_client("agent").get(LIST, {"q": "REF"})) == ["refund"]


def test_replies_for_one_queue():
    CannedReplyFactory(shortcut="all")
    CannedReplyFactory(shortcut="own", queue="shoes")
    CannedReplyFactory(shortcut="other", queue="3c")

    assert shortcuts(api_client("agent").get(LIST, {"queue": "shoes", "lang": "en"})) == ["all", "own"]


def test_the_list_takes_the_same_queries_for_more_rows():
    client, counts = api_client("agent"), []
    for more in (1, 99):
        CannedReplyFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST, {"page_size": 100})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_supervisor_adds_changes_and_removes():
    client = api_client("supervisor")

    created = client.post(LIST, BODY)
    address = f"{LIST}{created.json()['id']}/"

    assert created.status_code == 201
    assert client.patch(address, {"body": "Good day!"}).json()["body"] == "Good day!"
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_agents_cannot_write():
    reply, client = CannedReplyFactory(body="Old"), api_client("agent")

    codes = [
        client.post(LIST, BODY).status_code,
        client.patch(f"{LIST}{reply.pk}/", {"body": "New"}).status_code,
        client.delete(f"{LIST}{reply.pk}/").status_code,
    ]

    assert codes == [403, 403, 403]
    assert CannedReply.objects.get().body == "Old"


def test_a_taken_shortcut_is_a_conflict():
    CannedReplyFactory(shortcut="hi")

    response = api_client("manager").post(LIST, BODY)

    assert (response.status_code, response.json()["code"]) == (409, "shortcut_taken")


def test_people_without_a_role_see_none():
    CannedReplyFactory()

    assert shortcuts(api_client(None).get(LIST)) == []
