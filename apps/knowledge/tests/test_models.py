import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.access.tests.factories import StaffFactory
from apps.knowledge.models import CannedReply, Faq, FaqQuestion, KnowledgeStamp
from apps.knowledge.tests.factories import CannedReplyFactory, FaqCategoryFactory, FaqFactory

pytestmark = pytest.mark.django_db


def refused(model, **fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**fields)
    return True


def faq_fields(**fields):
    values = {"key": "a.en", "topic": "a", "lang": "en", "question": "Q?", "answer": "A."}
    return {"category": FaqCategoryFactory()} | values | fields


@pytest.mark.parametrize("wrong", [{"lang": "fr"}, {"question": ""}, {"answer": ""}])
def test_the_database_refuses_an_unusable_faq(wrong):
    assert refused(Faq, **faq_fields(**wrong))


def test_a_topic_has_one_faq_a_language():
    FaqFactory(topic="a", key="first.en")

    assert refused(Faq, **faq_fields(key="second.en"))
    assert Faq.objects.create(**faq_fields(key="a.zh", lang="zh-hans")).pk


def test_a_way_to_ask_stands_once():
    faq = FaqFactory(similar=["same"])

    assert refused(FaqQuestion, faq=faq, text="same")
    assert refused(FaqQuestion, faq=faq, text="")


def test_there_are_two_stamps():
    assert refused(KnowledgeStamp, id=3)


def test_a_shortcut_is_unique_in_its_language_and_queue():
    CannedReplyFactory(shortcut="hi")

    assert refused(CannedReply, shortcut="hi", lang="en", title="x", body="x")
    assert CannedReplyFactory(shortcut="hi", queue="shoes").pk
    assert refused(CannedReply, shortcut="hi", lang="fr", title="x", body="x")
    assert refused(CannedReply, shortcut="no", lang="en", title="x", body="")


def test_a_category_with_faqs_cannot_vanish():
    faq = FaqFactory()

    with pytest.raises(ProtectedError):
        faq.category.delete()


def test_a_category_has_a_name_in_each_language():
    category = FaqCategoryFactory()

    assert (category.name_in("en"), category.name_in("zh-hans")) == ("Shipping", "配送")


@pytest.mark.parametrize(
    ("role", "seen"),
    [("agent", 1), ("api_client", 1), ("supervisor", 2), ("manager", 2), ("auditor", 2), (None, 0)],
)
def test_who_sees_which_faqs(role, seen):
    FaqFactory()
    FaqFactory(is_active=False)

    assert Faq.objects.visible_to(StaffFactory(role=role)).count() == seen


def test_replies_of_a_queue_are_its_own_and_everybodys():
    CannedReplyFactory(shortcut="all")
    CannedReplyFactory(shortcut="own", queue="shoes")
    CannedReplyFactory(shortcut="other", queue="3c")

    assert [reply.shortcut for reply in CannedReply.objects.for_queue("shoes")] == ["all", "own"]


def test_rows_name_themselves():
    assert str(FaqFactory(question="Why?", similar=["how come"])) == "Why?"
    assert str(FaqQuestion.objects.get()) == "how come"
    assert str(CannedReplyFactory(shortcut="hi")) == "/hi"
    assert str(FaqCategoryFactory()) == "Shipping"
    assert str(KnowledgeStamp.objects.get()) == str(KnowledgeStamp.objects.get().value)
