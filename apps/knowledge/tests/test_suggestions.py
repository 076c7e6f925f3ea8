import pytest

from apps.access.tests.factories import StaffFactory
from apps.common.errors import AccessDenied, Invalid
from apps.knowledge import selectors, services
from apps.knowledge.models import Faq, SuggestionFeedback
from apps.knowledge.tests.factories import FaqFactory, SopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    return StaffFactory(role="agent")


def kinds(found):
    return [(hit.kind, hit.title) for hit in found]


def test_answers_and_guides_stand_together_best_first():
    FaqFactory(question="How do I wash wool?", answer="By hand.")
    SopFactory(title="Parcel lost", in_force=True)

    found = selectors.suggest(["I think my parcel is lost"], lang="en")

    assert kinds(found)[0] == ("sop", "Parcel lost")
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)


def test_a_suggestion_says_why_and_what_may_be_sent():
    FaqFactory(question="How do I wash wool?", answer="By hand.")

    best = selectors.suggest(["how can I wash wool"], lang="en")[0]

    assert (best.text, best.query) == ("By hand.", "how can I wash wool")
    assert best.reason == "Like “How do I wash wool?”"


def test_a_guide_comes_with_its_steps_and_the_text_in_the_customers_language():
    SopFactory(in_force=True)

    english, chinese = (selectors.suggest([text], lang="en")[0] for text in ("my parcel is lost", "快递丢了"))

    assert [step.title for step in english.steps] == ["Look", "Say"]
    assert (english.text, chinese.text) == ("I am sorry.", "抱歉。")


def test_a_short_last_turn_is_read_with_the_one_before():
    FaqFactory(question="How long is the warranty of earphones?")
    FaqFactory(question="How do I wash wool?")

    found = selectors.suggest(["how long is the warranty", "of the earphones"], lang="en")

    assert found[0].title == "How long is the warranty of earphones?"


def test_without_words_there_are_no_suggestions():
    FaqFactory()

    assert selectors.suggest([], lang="en") == selectors.suggest(["  "], lang="en") == []


def test_guides_of_another_queue_are_left_out():
    SopFactory(in_force=True, queue="beauty")

    assert selectors.suggest(["my parcel is lost"], lang="en", queue="shoes") == []
    assert len(selectors.suggest(["my parcel is lost"], lang="en", queue="beauty")) == 1


def test_drafts_and_retired_guides_are_not_suggested():
    SopFactory()
    SopFactory(in_force=True, is_active=False)

    assert selectors.search_sops("my parcel is lost") == []


def test_an_approved_guide_is_suggested_at_once():
    assert selectors.search_sops("my parcel is lost") == []

    sop = SopFactory(in_force=True)

    assert [hit.sop for hit in selectors.search_sops("my parcel is lost")] == [sop]


@pytest.mark.parametrize("rows", [1, 100])
def test_suggest_takes_the_same_queries_for_more_rows(django_assert_num_queries, rows):
    FaqFactory.create_batch(rows, question="Is my parcel lost?")
    SopFactory.create_batch(rows, in_force=True)
    selectors.suggest(["my parcel is lost"], lang="en")

    with django_assert_num_queries(5):  # a stamp and the rows of each index, and the steps
        selectors.suggest(["my parcel is lost"], lang="en")


def test_note_suggestion_counts_once(agent):
    faq = FaqFactory()

    first = services.note_suggestion(
        faq, actor=agent, verdict="sent", context="chat:1", query="hello", score=0.9
    )
    again = services.note_suggestion(faq, actor=agent, verdict="sent", context="chat:1")

    assert (first, again) == (True, False)
    row = SuggestionFeedback.objects.get()
    assert (row.faq, row.query, row.score, row.agent) == (faq, "hello", 0.9, agent)
    assert Faq.objects.get().helpful == 1


def test_note_suggestion_of_a_guide_that_did_not_help(agent):
    services.note_suggestion(SopFactory(), actor=agent, verdict="not_helpful", context="chat:1")

    assert SuggestionFeedback.objects.get().sop is not None


def test_note_suggestion_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        services.note_suggestion(
            FaqFactory(), actor=StaffFactory(role="auditor"), verdict="sent", context="chat:1"
        )

    assert not SuggestionFeedback.objects.exists()
    assert Faq.objects.get().helpful == 0


def test_note_suggestion_refuses_an_unknown_verdict(agent):
    with pytest.raises(Invalid):
        services.note_suggestion(FaqFactory(), actor=agent, verdict="lovely", context="chat:1")
