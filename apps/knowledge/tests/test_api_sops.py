import pytest

from apps.access.tests.factories import StaffFactory
from apps.knowledge.models import SuggestionFeedback
from apps.knowledge.tests.factories import FaqFactory, SopFactory

pytestmark = pytest.mark.django_db
LIST = "/api/v1/sops/"
FEEDBACK = "/api/v1/suggestion-feedback/"


@pytest.fixture
def agent(client):
    user = StaffFactory(role="agent")
    client.force_login(user)
    return user


def feedback(client, **changes):
    body = {
        "kind": "faq",
        "key": "a.en",
        "verdict": "sent",
        "context": "chat:x",
        "query": "hello",
        "score": 0.5,
    }
    return client.post(FEEDBACK, body | changes, content_type="application/json")


def test_agents_read_what_is_in_force(client, agent):
    SopFactory(slug="draft")
    SopFactory(slug="lost", in_force=True)

    results = client.get(LIST).json()["results"]

    assert [(row["slug"], row["revision"]) for row in results] == [("lost", 1)]
    assert [step["say_zh"] for step in results[0]["steps"]] == ["", "抱歉。"]
    assert client.get(f"{LIST}draft/").status_code == 404


def test_suggest_mixes_answers_and_guides(client, agent):
    FaqFactory(key="lost.en", question="I think my parcel is lost")
    SopFactory(slug="lost", in_force=True)

    results = client.get(f"{LIST}suggest/", {"q": "my parcel is lost"}).json()["results"]

    assert {(row["kind"], row["key"]) for row in results} == {("faq", "lost.en"), ("sop", "lost")}


def test_feedback_is_kept_once(client, agent):
    FaqFactory(key="a.en")

    assert [feedback(client).status_code, feedback(client).status_code] == [201, 200]
    assert SuggestionFeedback.objects.get().verdict == "sent"


def test_feedback_on_a_guide(client, agent):
    SopFactory(slug="lost", in_force=True)

    assert feedback(client, kind="sop", key="lost", verdict="not_helpful").status_code == 201


@pytest.mark.parametrize(
    ("changes", "status"), [({"key": "none"}, 404), ({"verdict": "lovely"}, 400), ({"score": 2}, 400)]
)
def test_bad_feedback_is_refused(client, agent, changes, status):
    FaqFactory(key="a.en")

    assert feedback(client, **changes).status_code == status
    assert not SuggestionFeedback.objects.exists()


def test_feedback_is_for_those_who_answer(client):
    FaqFactory(key="a.en")
    client.force_login(StaffFactory(role="auditor"))

    assert feedback(client).status_code == 403


@pytest.mark.parametrize("rows", [1, 100])
def test_the_list_takes_the_same_queries_for_more_rows(client, agent, rows, django_assert_max_num_queries):
    SopFactory.create_batch(rows, in_force=True)
    client.get(LIST)

    with django_assert_max_num_queries(8):
        assert len(client.get(LIST, {"page_size": 100}).json()["results"]) == rows
