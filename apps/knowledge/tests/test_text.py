import pytest

from apps.knowledge.matching import text
from apps.knowledge.matching.text import detect_language, features, normalise, stem


def shared(one, other):
    return features(one).keys() & features(other).keys()


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("where is it", "en"),
        ("怎么退货", "zh-hans"),
        ("我的 iPhone 壳", "zh-hans"),
        ("123 ?!", None),
        ("", None),
    ],
)
def test_the_script_tells_the_language(message, language):
    assert detect_language(message) == language


def test_normalising_folds_case_width_and_stretched_letters():
    assert normalise("ＨＥＬＬＯ Heeeelp’s") == "hello heelp's"


def test_a_long_message_is_cut():
    assert len(normalise("a b" * text.MAX_CHARS)) <= text.MAX_CHARS


@pytest.mark.parametrize("word", ["return", "returns", "returned", "returning"])
def test_forms_of_a_word_have_one_stem(word):
    assert stem(word) == "return"


@pytest.mark.parametrize(
    ("one", "other"),
    [("exchange", "exchanging"), ("ship", "shipped"), ("category", "categories"), ("delivery", "deliveries")],
)
def test_stems_meet_in_spite_of_spelling_rules(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["gas", "bus", "this", "address", "is", "naïve"])
def test_short_and_foreign_words_stay(word):
    assert stem(word).startswith(word[:4])


def test_long_numbers_are_one_feature_and_short_ones_keep_their_meaning():
    assert stem("113542617735902") == stem("00004587345")
    assert stem("618") != stem("11")


def test_slang_and_contractions_meet_their_plain_words():
    assert "wcancel" in shared("pls cancelled", "please cancel")


def test_a_misspelling_shares_pieces_of_the_word():
    assert len(shared("adress", "address")) >= 5


def test_synonyms_share_their_concept():
    assert "kparcel" in shared("where is my parcel", "package not here")
    assert "grefund" in shared("退钱", "钱什么时候到账")


def test_chinese_function_words_meet():
    assert "c怎么" in shared("如何退货", "咋退货")
    assert "c何时" in shared("什么时候发货", "啥时候发货")


def test_politeness_has_no_features():
    assert features("您好请问") == {}


def test_a_repeated_word_weighs_less_each_time():
    once, thrice = features("invoice")["winvoic"], features("invoice invoice invoice")["winvoic"]

    assert once < thrice < 2 * once


def test_stop_words_weigh_less():
    weights = features("the invoice")

    assert weights["wthe"] < weights["winvoic"]


def test_words_of_both_languages_live_in_one_message():
    names = features("SH-101偏大吗").keys()

    assert {"wsh", "w101", "c偏大"} <= names


@pytest.mark.parametrize("message", ["", "   ", "?!…", "🙂"])
def test_a_message_without_words_has_no_features(message):
    assert features(message) == {}
