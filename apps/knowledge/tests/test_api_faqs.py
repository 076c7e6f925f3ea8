import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.knowledge.models import Faq
from apps.knowledge.tests.factories import FaqCategoryFactory, FaqFactory
from apps.knowledge.tests.staff import api_client

pytestmark = pytest.mark.django_db
LIST = "/api/v1/faqs/"
SUGGEST = f"{LIST}suggest/"


@pytest.fixture
def agent():
    return api_client("agent")


@pytest.fixture
def manager():
    return api_client("manager")


def body(**changes):
    FaqCategoryFactory()
    values = {
        "key": "a.en",
        "topic": "a",
        "category": "shipping",
        "lang": "en",
        "question": "Q?",
        "answer": "A.",
    }
    return values | changes


def test_the_list_is_by_key(agent):
    FaqFactory(key="b.en", topic="b")
    FaqFactory(key="a.en", topic="a", similar=["other"])

    rows = agent.get(LIST).json()["results"]

    assert [row["key"] for row in rows] == ["a.en", "b.en"]
    assert rows[0]["similar"] == ["other"]


def test_the_list_takes_the_same_queries_for_more_rows(agent):
    counts = []
    for more in (1, 99):
        FaqFactory.create_batch(more, similar=["one", "two"])
        with CaptureQueriesContext(connection) as queries:
            agent.get(LIST, {"page_size": 100})
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_list_pages_by_keyset(agent):
    FaqFactory.create_batch(3)

    page = agent.get(LIST, {"page_size": 2}).json()

    assert len(page["results"]) == 2
    assert len(agent.get(page["next"]).json()["results"]) == 1


@pytest.mark.parametrize("query", [{"lang": "zh-hans"}, {"category": "sizes"}, {"product": "SH-101"}])
def test_the_filters(agent, query):
    FaqFactory()
    wanted = FaqFactory(lang="zh-hans", category=FaqCategoryFactory(slug="sizes"), product="SH-101")

    assert [row["key"] for row in agent.get(LIST, query).json()["results"]] == [wanted.key]


def test_agents_do_not_see_retired_faqs(agent, manager):
    faq = FaqFactory(is_active=False)

    assert agent.get(f"{LIST}{faq.key}/").status_code == 404
    assert manager.get(f"{LIST}{faq.key}/").json()["is_active"] is False


def test_a_manager_adds_an_faq(manager):
    response = manager.post(LIST, body(similar=["other"]))

    assert response.status_code == 201
    assert (response.json()["category"], response.json()["similar"]) == ("shipping", ["other"])


@pytest.mark.parametrize("wrong", [{"category": "none"}, {"lang": "fr"}, {"answer": ""}, {"key": "No Key"}])
def test_an_invalid_faq_is_a_problem_with_fields(manager, wrong):
    response = manager.post(LIST, body(**wrong))

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert list(response.json()["fields"]) == list(wrong)


def test_a_taken_key_is_a_conflict(manager):
    FaqFactory(key="a.en", topic="other")

    response = manager.post(LIST, body())

    assert (response.status_code, response.json()["code"]) == (409, "key_taken")


def test_a_manager_changes_an_faq(manager):
    faq = FaqFactory(similar=["kept"])

    changed = manager.patch(f"{LIST}{faq.key}/", {"answer": "New."}).json()

    assert (changed["answer"], changed["similar"]) == ("New.", ["kept"])


def test_a_manager_retires_an_faq(manager):
    faq = FaqFactory()

    assert manager.delete(f"{LIST}{faq.key}/").status_code == 204
    faq.refresh_from_db()
    assert not faq.is_active


def test_agents_cannot_write(agent):
    faq = FaqFactory(answer="Old.")

    codes = [
        agent.post(LIST, body()).status_code,
        agent.patch(f"{LIST}{faq.key}/", {"answer": "New."}).status_code,
        agent.delete(f"{LIST}{faq.key}/").status_code,
    ]

    assert codes == [403, 403, 403]
    assert Faq.objects.get().answer == "Old."


def test_suggestions_are_best_first_with_their_score(agent):
    right = FaqFactory(question="How do I return my shoes?")
    FaqFactory(question="How do I wash my shoes?")

    results = agent.get(SUGGEST, {"q": "returning shoes"}).json()["results"]

    assert results[0]["key"] == right.key
    assert results[0]["score"] >= results[1]["score"]
    assert {"answer", "category", "lang", "matched_text", "product", "question"} <= results[0].keys()


def test_suggestions_in_one_language(agent):
    FaqFactory(question="SH-101?")
    chinese = FaqFactory(question="SH-101吗", lang="zh-hans")

    results = agent.get(SUGGEST, {"q": "SH-101", "lang": "zh-hans"}).json()["results"]

    assert [row["key"] for row in results] == [chinese.key]


def test_suggestions_take_the_same_queries_for_more_rows(agent):
    counts = []
    for more in (1, 99):
        FaqFactory.create_batch(more)
        agent.get(SUGGEST, {"q": "topic"})  # rebuilds
        with CaptureQueriesContext(connection) as queries:
            agent.get(SUGGEST, {"q": "topic"})
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x", "lang": "fr"}, {"q": "x", "limit": 100}])
def test_a_malformed_query_is_a_problem(agent, query):
    assert agent.get(SUGGEST, query).json()["code"] == "invalid"


def test_strangers_and_people_without_a_role_get_nothing():
    FaqFactory()

    assert APIClient().get(LIST).status_code == 401
    assert api_client(None).get(LIST).json()["results"] == []
    assert api_client(None).get(SUGGEST, {"q": "topic"}).status_code == 403
