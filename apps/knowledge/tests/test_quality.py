"""Floors under what was measured on the demo knowledge base, so that no change makes the robot worse unnoticed."""

from functools import cache

import pytest

from apps.knowledge.matching.lexical import SURE
from apps.knowledge.tests import demo, off_topic, questions

pytestmark = pytest.mark.xdist_group("demo-matcher")  # one process encodes the demo's questions
LANGUAGES = {"en": (questions.ENGLISH, off_topic.ENGLISH), "zh-hans": (questions.CHINESE, off_topic.CHINESE)}


def share(flags):
    flags = list(flags)
    return sum(flags) / len(flags)


@cache
def asked(lang):
    """Topics found for each realistic message, and the right ones."""
    cases = questions.cases(LANGUAGES[lang][0])
    return [(demo.topics(demo.matcher().search(message, lang=lang)), right) for message, right in cases]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_realistic_messages_find_their_answer_first(lang):
    assert share(found[0] in right for found, right in asked(lang)) >= 0.87


@pytest.mark.parametrize("lang", LANGUAGES)
def test_realistic_messages_find_their_answer_among_three(lang):
    assert share(bool(right & set(found[:3])) for found, right in asked(lang)) >= 0.96


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_alone_do_nearly_as_well_where_the_encoder_is_missing(lang):
    cases = questions.cases(LANGUAGES[lang][0])
    found = [(demo.topics(demo.words_only().search(message, lang=lang)), right) for message, right in cases]

    assert share(topics[0] in right for topics, right in found) >= 0.80
    assert share(bool(right & set(topics[:3])) for topics, right in found) >= 0.94


@pytest.mark.parametrize(("lang", "floor"), [("en", 0.62), ("zh-hans", 0.68)])
def test_a_paraphrase_without_its_words_still_finds_the_answer_often(lang, floor):
    matcher, cases = demo.held_out(lang)

    right = [key in [match.faq_id for match in matcher.search(message)[:3]] for message, key in cases]

    assert share(right) >= floor


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("matcher", "every"), [(demo.words_only, 1), (demo.matcher, 20)])
def test_every_way_to_ask_leads_to_its_own_answer_for_sure(lang, matcher, every):
    rows = [row for row in demo.records() if row["lang"] == lang][::every]  # encoding each takes its time

    found = [
        (matcher().search(message, lang=lang)[0], row["key"], message)
        for row in rows
        for message in (row["question"], *row["similar"])
    ]

    assert [message for best, key, message in found if best.faq_id != key] == []
    assert min(best.score for best, _, _ in found) == pytest.approx(SURE)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_score_tells_questions_from_other_talk(lang):
    table, other = LANGUAGES[lang]
    inside = [demo.matcher().search(message, lang=lang)[0].score for message, _ in questions.cases(table)]
    outside = [next((m.score for m in demo.matcher().search(text, lang=lang)), 0) for text in other]

    assert share(high > low for high in inside for low in outside) >= 0.93


def test_the_demo_knowledge_base_is_whole():
    rows = demo.records()

    assert len(rows) >= 900
    assert len({row["key"] for row in rows}) == len(rows)
    assert {row["topic"] for row in rows if row["lang"] == "en"} == {
        row["topic"] for row in rows if row["lang"] != "en"
    }
    assert all(row["answer"] and 2 <= len(row["similar"]) <= 5 for row in rows)
