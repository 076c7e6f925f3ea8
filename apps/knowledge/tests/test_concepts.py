import pytest

from apps.knowledge.matching.concepts import CHINESE_CONCEPTS, ENGLISH_CONCEPTS
from apps.knowledge.matching.lexicon import CHINESE_FORMS, ENGLISH_FORMS
from apps.knowledge.matching.text import detect_language, features


def test_tables_hold_words_of_their_language():
    assert {detect_language(word) for word in ENGLISH_CONCEPTS} == {"en"}
    assert {detect_language(word) for word in CHINESE_CONCEPTS if not word.isdigit() and word != "618"} == {
        "zh-hans"
    }


def test_a_word_names_each_concept_once():
    for word, concepts in (ENGLISH_CONCEPTS | CHINESE_CONCEPTS).items():
        assert len(set(concepts)) == len(concepts), word


def test_forms_end_in_a_word_that_has_no_other_form():
    assert not [word for word in ENGLISH_FORMS.values() if ENGLISH_FORMS.get(word, word) != word]
    assert not [word for word in CHINESE_FORMS.values() if word in CHINESE_FORMS]


@pytest.mark.parametrize(
    ("one", "other", "concept"),
    [
        ("it is faulty", "arrived smashed", "kdamage"),
        ("swap the size", "exchange it", "kexchange"),
        ("how expensive is postage", "delivery fee", "kcost"),
        ("坏了", "有瑕疵", "gdamage"),
        ("换一个", "调换", "gexchange"),
        ("登不上", "没法登录", "glogin"),
    ],
)
def test_messages_without_a_common_word_share_a_concept(one, other, concept):
    assert concept in features(one).keys() & features(other).keys()
