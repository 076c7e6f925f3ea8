import pytest
from django.core.exceptions import ValidationError

from apps.inboxes.tests.factories import InboxFactory
from apps.inboxes.texts import in_language, validate_questions, validate_texts

BOTH = {"en": "Hello!", "zh": "您好！"}


@pytest.mark.parametrize("locale", ["zh", "zh-hans", "zh-CN", "ZH-Hans-SG"])
def test_every_kind_of_chinese_reads_chinese(locale):
    assert in_language(BOTH, locale) == "您好！"


def test_an_unknown_language_reads_the_next_named():
    assert in_language(BOTH, "fr", "zh-hans") == "您好！"
    assert in_language(BOTH, "fr", "de") == "Hello!"


def test_an_empty_text_counts_as_missing():
    assert in_language({"en": "", "zh": "您好！"}, "en") == "您好！"
    assert in_language({}, "en") == ""


def test_the_texts_of_an_inbox():
    questions = [
        {"id": "order", "en": "Where is my order?", "zh": "订单到哪了？"},
        {"id": "size", "en": "Size?"},
    ]
    inbox = InboxFactory.build(greeting=BOTH, quick_questions=questions, default_locale="en")

    assert inbox.greeting_in("zh-hans") == "您好！"
    assert inbox.quick_questions_in("zh-hans") == [
        {"id": "order", "text": "订单到哪了？"},
        {"id": "size", "text": "Size?"},
    ]


@pytest.mark.parametrize("value", [{}, BOTH, {"en": ""}])
def test_texts_that_may_be_stored(value):
    validate_texts(value)


@pytest.mark.parametrize("value", [[], "Hello", {"fr": "Bonjour"}, {"en": 1}, {"en": "x" * 501}, None])
def test_what_is_no_set_of_texts(value):
    with pytest.raises(ValidationError):
        validate_texts(value)


@pytest.mark.parametrize(
    "value", [[], [{"id": "a", "en": "A?"}], [{"id": "a", "zh": "?"}, {"id": "b", "en": ""}]]
)
def test_questions_that_may_be_stored(value):
    validate_questions(value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        ["a"],
        [{"en": "A?"}],
        [{"id": "a"}],
        [{"id": "", "en": "A?"}],
        [{"id": "a", "fr": "A?"}],
        [{"id": "a", "en": 1}],
        [{"id": "a", "en": "A?"}, {"id": "a", "en": "B?"}],
        [{"id": str(n), "en": "A?"} for n in range(7)],
    ],
)
def test_what_is_no_list_of_questions(value):
    with pytest.raises(ValidationError):
        validate_questions(value)
