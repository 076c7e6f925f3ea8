import numpy as np
import pytest
from django.core.cache import cache

from apps.knowledge import services, tasks, vectors
from apps.knowledge.live_index import LiveIndex, current_stamp
from apps.knowledge.matching import Entry
from apps.knowledge.matching.encoder import SentenceEncoder, sentence_encoder
from apps.knowledge.matching.hybrid import HybridMatcher
from apps.knowledge.models import TextVector
from apps.knowledge.tests.factories import FaqFactory, SopFactory
from apps.knowledge.vectors import KeptVectors

ENTRIES = [
    Entry("track", "en", ("Where is my order?", "parcel still not here"), "Open My orders and tap Track."),
    Entry("wash", "en", ("How do I wash wool?", "laundry of a pullover"), "By hand."),
    Entry("zh-track", "zh-hans", ("我的订单到哪了", "快递还没到"), "打开我的订单查看物流。"),
]


class Counting:
    """A real encoder that remembers what it had to encode."""

    name = SentenceEncoder.name

    def __init__(self):
        self.texts = []

    def encode(self, texts):
        self.texts += texts
        return sentence_encoder().encode(texts)


@pytest.fixture
def encoder():
    return Counting()


def first(matcher, text, **options):
    return matcher.search(text, **options)[0].faq_id


def test_meaning_finds_what_shares_no_word():
    matcher = HybridMatcher(ENTRIES, encoder=sentence_encoder())

    assert first(matcher, "when does my delivery get to me", lang="en") == "track"
    assert first(matcher, "cleaning a jumper", lang="en") == "wash"


def test_a_vector_has_length_one_and_a_text_its_beginning():
    rows = sentence_encoder().encode(["hello", "x" * 400, "x" * 900])

    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-4)
    assert rows[1] == pytest.approx(rows[2], abs=1e-5)  # processors round batches in their own ways
    assert rows[0] != pytest.approx(rows[2], abs=1e-2)


def test_one_question_is_encoded_once():
    encoder = SentenceEncoder()

    assert encoder.encode(["hello"]) is encoder.encode(["hello"])


def test_texts_of_the_last_build_keep_their_vectors(encoder):
    matcher = HybridMatcher(ENTRIES, encoder=encoder)
    encoder.texts.clear()

    matcher.rebuild([*ENTRIES, Entry("new", "en", ("Do you ship abroad?",))])

    assert encoder.texts == ["Do you ship abroad?"]


def test_as_long_as_vectors_are_missing_words_decide(encoder):
    matcher = HybridMatcher(ENTRIES, encoder=encoder, find_vectors=lambda texts: None)

    assert first(matcher, "laundry of the pullover") == "wash"
    assert encoder.texts == []


def test_without_an_encoder_words_decide():
    matcher = HybridMatcher(ENTRIES)

    assert first(matcher, "laundry of the pullover") == "wash"
    assert matcher.search("?!") == []


def test_an_index_of_nothing_finds_nothing(encoder):
    assert HybridMatcher([], encoder=encoder).search("anything") == []
    assert HybridMatcher(ENTRIES, encoder=encoder).search("?!") == []


def test_a_language_keeps_the_other_out(encoder):
    matcher = HybridMatcher(ENTRIES, encoder=encoder)

    assert {match.faq_id for match in matcher.search("订单", lang="zh-hans")} == {"zh-track"}


@pytest.mark.django_db
def test_vectors_are_kept_for_the_next_process(encoder):
    made = KeptVectors(encoder).find(["one", "two"])
    encoder.texts.clear()

    again = KeptVectors(encoder).find(["one", "two"])

    assert encoder.texts == []
    assert np.array_equal(made["one"], again["one"])


@pytest.mark.django_db
def test_a_search_does_not_wait_for_many_vectors(encoder, monkeypatch):
    monkeypatch.setattr(vectors, "AT_ONCE", 1)

    assert KeptVectors(encoder).find(["one", "two"]) is None
    assert encoder.texts == []


@pytest.mark.django_db
def test_making_a_vector_twice_is_harmless(encoder):
    kept = KeptVectors(encoder)

    kept.make(["one"])
    kept.make(["one"])

    assert TextVector.objects.count() == 1


@pytest.mark.django_db
def test_after_filling_every_process_knows_the_meaning(monkeypatch):
    monkeypatch.setattr(vectors, "AT_ONCE", 0)
    FaqFactory(question="How do I wash wool?", answer="By hand.")
    SopFactory(in_force=True)
    index, before = LiveIndex(), current_stamp()
    by_words = max((match.score for match in index.search("cleaning a jumper")), default=0)

    assert services.fill_vectors() == 7

    assert current_stamp() != before
    assert index.search("cleaning a jumper")[0].score != by_words  # another judge, on another scale


@pytest.mark.django_db
def test_filling_twice_moves_nothing():
    FaqFactory()
    services.fill_vectors()
    before = current_stamp()

    assert services.fill_vectors() == 0
    assert current_stamp() == before


@pytest.mark.django_db
def test_vectors_of_texts_that_are_gone_are_forgotten(encoder, monkeypatch):
    monkeypatch.setattr("apps.knowledge.services.filling.SPARE", 0)
    KeptVectors(encoder).make(["gone", "also gone"])
    FaqFactory(question="What stays?", answer="This.")

    services.fill_vectors()

    assert TextVector.objects.count() == 2


@pytest.mark.django_db
def test_one_worker_fills_at_a_time():
    FaqFactory()
    cache.set(tasks.FILLING, True, 10)
    try:
        assert tasks.fill_vectors() == 0
    finally:
        cache.delete(tasks.FILLING)

    assert tasks.fill_vectors() > 0


@pytest.mark.django_db
def test_switched_off_nothing_is_filled(settings):
    settings.KNOWLEDGE_ENCODER = False
    FaqFactory()

    assert services.fill_vectors() == 0
