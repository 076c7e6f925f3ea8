from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.access.actors import SYSTEM
from apps.knowledge import services
from apps.knowledge.live_index import LiveIndex, load_entries
from apps.knowledge.tests.factories import FaqFactory


def found(index, text):
    return [match.faq_id for match in index.search(text)]


@pytest.mark.django_db
def test_a_new_faq_is_found_by_the_next_search():
    index = LiveIndex()
    assert found(index, "opening hours") == []

    faq = FaqFactory(question="What are your opening hours?")

    assert found(index, "opening hours") == [faq.pk]


@pytest.mark.django_db
def test_a_retired_faq_is_not_found():
    index, faq = LiveIndex(), FaqFactory(question="What are your opening hours?")
    assert found(index, "opening hours") == [faq.pk]

    services.retire_faq(faq, actor=SYSTEM)

    assert found(index, "opening hours") == []


@pytest.mark.django_db
def test_an_unchanged_knowledge_base_costs_one_query(django_assert_num_queries):
    index = LiveIndex()
    FaqFactory(question="What are your opening hours?")
    index.refresh()

    with django_assert_num_queries(1):
        index.search("opening hours")


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 100])
def test_loading_takes_two_queries(django_assert_num_queries, rows):
    FaqFactory.create_batch(rows, similar=["one", "two"])

    with django_assert_num_queries(2):
        entries = load_entries()

    assert len(entries) == rows
    assert entries[0].texts[1:] == ("one", "two")


@pytest.mark.django_db(transaction=True)
def test_many_threads_follow_the_changes():
    index = LiveIndex()
    faqs = [FaqFactory(question=f"What about the blue{at}thing?") for at in range(3)]

    def search(at):
        try:
            return found(index, f"blue{at % 3}thing")[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(search, range(30))) == [faqs[at % 3].pk for at in range(30)]
