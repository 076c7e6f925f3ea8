import pytest

from apps.knowledge import selectors
from apps.knowledge.tests.factories import FaqCategoryFactory, FaqFactory

pytestmark = pytest.mark.django_db


def test_search_faqs_brings_the_faqs_best_first():
    right = FaqFactory(question="How do I return my shoes?", similar=["send the shoes back"])
    FaqFactory(question="How do I wash my shoes?")

    hits = selectors.search_faqs("can I send shoes back")

    assert hits[0].faq == right
    assert hits[0].matched_text == "send the shoes back"
    assert hits[0].score >= hits[1].score


def test_search_faqs_keeps_to_a_language():
    FaqFactory(question="Do you have SH-101?")
    chinese = FaqFactory(question="有SH-101吗", lang="zh-hans")

    assert [hit.faq for hit in selectors.search_faqs("SH-101", lang="zh-hans")] == [chinese]


@pytest.mark.parametrize("rows", [1, 100])
def test_search_faqs_takes_two_queries(django_assert_num_queries, rows):
    FaqFactory.create_batch(rows)
    selectors.search_faqs("warm up")

    with django_assert_num_queries(2):
        hits = selectors.search_faqs("what about the topic")
        assert [hit.faq.category.slug for hit in hits] == ["shipping"] * min(rows, 10)


def test_the_menu_has_categories_with_something_to_say():
    FaqFactory(category=FaqCategoryFactory(slug="sizes", position=2))
    FaqFactory(category=FaqCategoryFactory(slug="returns", position=1))
    FaqFactory(category=FaqCategoryFactory(slug="retired"), is_active=False)
    FaqFactory(category=FaqCategoryFactory(slug="chinese"), lang="zh-hans")

    assert [category.slug for category in selectors.categories_with_faqs("en")] == ["returns", "sizes"]
