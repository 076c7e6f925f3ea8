"""The thresholds on the demo knowledge base: floors under what ``apps.robot.policy`` states."""

import pytest

from apps.knowledge.tests import demo, off_topic, questions
from apps.robot.policy import ANSWER_FROM, OFFER_FROM

LANGUAGES = {"en": (questions.ENGLISH, off_topic.ENGLISH), "zh-hans": (questions.CHINESE, off_topic.CHINESE)}


def scores(lang, messages):
    found = [demo.matcher().search(message, lang=lang) for message in messages]
    return [matches[0].score if matches else 0.0 for matches in found]


def share(flags):
    flags = list(flags)
    return sum(flags) / len(flags)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_robot_answers_most_realistic_messages_alone_and_nearly_always_right(lang):
    cases = questions.cases(LANGUAGES[lang][0])
    found = [(demo.matcher().search(message, lang=lang), right) for message, right in cases]
    answered = [(matches, right) for matches, right in found if matches[0].score >= ANSWER_FROM]

    assert len(answered) / len(cases) >= 0.76
    assert share(demo.topics(matches)[0] in right for matches, right in answered) >= 0.89
    assert share(bool(right & set(demo.topics(matches)[:3])) for matches, right in answered) >= 0.95


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_robot_hardly_answers_other_talk(lang):
    assert share(score >= ANSWER_FROM for score in scores(lang, LANGUAGES[lang][1])) <= 0.09


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_not_answered_is_nearly_always_offered(lang):
    messages = [message for message, _ in questions.cases(LANGUAGES[lang][0])]

    assert share(score >= OFFER_FROM for score in scores(lang, messages)) >= 0.95
