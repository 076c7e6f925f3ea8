from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.knowledge.matching import Entry
from apps.knowledge.matching.lexical import SURE, LexicalMatcher

ENTRIES = [
    Entry("track", "en", ("Where is my order?", "parcel still not here"), "Open My orders and tap Track."),
    Entry("return", "en", ("How do I return an item?", "send it back"), "Tap Return within 15 days."),
    Entry("invoice", "en", ("How do I get an invoice?",), "We e-mail it after delivery."),
    Entry("zh-track", "zh-hans", ("我的订单到哪了", "快递还没到"), "打开我的订单查看物流。"),
    Entry("zh-return", "zh-hans", ("怎么退货", "不想要了退掉"), "15天内点退货。"),
]


@pytest.fixture(scope="module")
def matcher():
    return LexicalMatcher(ENTRIES)


def ids(matches):
    return [match.faq_id for match in matches]


@pytest.mark.parametrize(
    ("message", "faq_id"),
    [
        ("my package is not here", "track"),
        ("returning an item", "return"),
        ("invoce please", "invoice"),
        ("包裹还没收到", "zh-track"),
        ("如何退货呢", "zh-return"),
    ],
)
def test_the_nearest_entry_comes_first(matcher, message, faq_id):
    assert ids(matcher.search(message))[0] == faq_id


def test_the_answer_helps_to_find(matcher):
    assert ids(matcher.search("is it e-mailed after the delivery"))[0] == "invoice"


def test_scores_fall_and_stay_between_0_and_1(matcher):
    scores = [match.score for match in matcher.search("how do I get my order back", limit=5)]

    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_the_matched_text_is_the_nearest_way_to_ask(matcher):
    assert matcher.search("parcel not here")[0].matched_text == "parcel still not here"


def test_a_way_to_ask_word_for_word_is_sure(matcher):
    best = matcher.search("Send it back")[0]

    assert (best.faq_id, best.score) == ("return", SURE)


def test_word_for_word_beats_an_entry_with_more_of_the_same():
    matcher = LexicalMatcher(
        [
            Entry("many", "en", ("gift card balance", "gift card refund", "gift card code"), "gift card"),
            Entry("one", "en", ("gift card", "buy a voucher for my sister"), ""),
        ]
    )

    assert ids(matcher.search("gift card"))[0] == "one"


def test_only_the_language_asked_for(matcher):
    assert ids(matcher.search("退货 order return", lang="en", limit=10))[0] in ("return", "track")
    assert all(
        str(faq_id).startswith("zh") for faq_id in ids(matcher.search("退货 order return", lang="zh-hans"))
    )


def test_the_limit_holds(matcher):
    assert len(matcher.search("how do I", limit=1)) == 1


@pytest.mark.parametrize("message", ["", "🙂", "xylophone", "？？"])
def test_nothing_in_common_finds_nothing(matcher, message):
    assert all(match.score < 0.1 for match in matcher.search(message))


def test_an_empty_knowledge_base_finds_nothing():
    assert LexicalMatcher().search("anything") == []
    assert LexicalMatcher([Entry("empty", "en", (" ",))]).search("anything") == []
    assert LexicalMatcher([Entry("signs", "en", ("?!",))]).search("anything") == []


def test_rebuilding_replaces_everything():
    matcher = LexicalMatcher(ENTRIES)
    matcher.rebuild([Entry("new", "en", ("do you have stores",)), ENTRIES[0]])

    assert ids(matcher.search("stores"))[0] == "new"
    assert "return" not in ids(matcher.search("how do I return an item"))


def test_a_second_language_does_not_change_the_first():
    english = [entry for entry in ENTRIES if entry.lang == "en"]

    alone = LexicalMatcher(english).search("parcel not here")[0]
    together = LexicalMatcher(ENTRIES).search("parcel not here")[0]

    assert alone.faq_id == together.faq_id
    assert alone.score == pytest.approx(together.score, abs=0.02)


def test_searching_while_rebuilding_from_many_threads():
    matcher = LexicalMatcher(ENTRIES)

    def search(number):
        if number % 10 == 0:
            matcher.rebuild(ENTRIES)
        return ids(matcher.search("send it back"))[0]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(search, range(200))) == {"return"}


def test_an_entry_without_an_answer_is_not_set_back():
    matcher = LexicalMatcher(
        [
            Entry("plain", "en", ("change my delivery address",)),
            Entry("answered", "en", ("change my e-mail address",), "Change the address in your account."),
        ]
    )

    assert ids(matcher.search("change delivery address"))[0] == "plain"


def test_a_repeated_word_does_not_drown_the_others(matcher):
    assert ids(matcher.search("order order order order invoice"))[0] in ("invoice", "track")
    assert ids(matcher.search("please please please send an invoice"))[0] == "invoice"


def test_known_texts_keep_their_features_over_a_rebuild(matcher):
    before = dict(matcher._vectors)

    matcher.rebuild([*ENTRIES, Entry("new", "en", ("do you have stores",))])

    assert all(matcher._vectors[text] is vector for text, vector in before.items())
    matcher.rebuild(ENTRIES)


def test_features_of_texts_that_are_gone_are_forgotten():
    matcher = LexicalMatcher(ENTRIES)

    matcher.rebuild(ENTRIES[:1])

    assert set(matcher._vectors) == {*ENTRIES[0].texts, ENTRIES[0].answer}
