import pytest

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common import events
from apps.common.errors import AccessDenied, Invalid
from apps.knowledge import services
from apps.knowledge.errors import KeyTaken, ShortcutTaken
from apps.knowledge.events import FaqsChanged
from apps.knowledge.live_index import current_stamp
from apps.knowledge.models import CannedReply, Faq, FaqCategory
from apps.knowledge.tests.factories import CannedReplyFactory, FaqCategoryFactory, FaqFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


@pytest.fixture
def agent():
    return StaffFactory(role="agent")


def fields(**changes):
    values = {"key": "a.en", "topic": "a", "lang": "en", "question": "Q?", "answer": "A."}
    return {"category": FaqCategoryFactory()} | values | changes


def denied(service, *args, **kwargs):
    """The service refuses, audits nothing and leaves the index alone."""
    stamp, audited = current_stamp(), AuditEvent.objects.deeds().count()
    with pytest.raises(AccessDenied):
        service(*args, **kwargs)
    return (current_stamp(), AuditEvent.objects.deeds().count()) == (stamp, audited)


def test_create_faq(manager):
    faq = services.create_faq(actor=manager, similar=[" other ", "other", ""], **fields())

    assert list(faq.alternatives.values_list("text", flat=True)) == ["other"]
    event = AuditEvent.objects.deeds().get()
    assert (event.action, event.actor_id, event.data["key"]) == ("knowledge:WriteFaq", manager.pk, "a.en")


def test_create_faq_denied_changes_nothing(agent):
    assert denied(services.create_faq, actor=agent, **fields())
    assert not Faq.objects.exists()


def test_changes_are_published_after_commit(manager, monkeypatch, django_capture_on_commit_callbacks):
    seen = []
    monkeypatch.setitem(events._after_commit, FaqsChanged, [seen.append])

    with django_capture_on_commit_callbacks(execute=True):
        faq = services.create_faq(actor=manager, **fields())

    assert [event.faq_ids for event in seen] == [(faq.pk,)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"key": "Not A Key"}, "key"),
        ({"lang": "fr"}, "lang"),
        ({"question": ""}, "question"),
        ({"answer": ""}, "answer"),
        ({"colour": "red"}, "colour"),
        ({"similar": ["x" * 301]}, "similar"),
    ],
)
def test_an_invalid_faq_is_refused_by_field(manager, wrong, field):
    with pytest.raises(Invalid) as refusal:
        services.create_faq(actor=manager, **fields(**wrong))

    assert list(refusal.value.fields) == [field]
    assert not Faq.objects.exists()


def test_a_taken_key_is_refused(manager):
    FaqFactory(key="a.en", topic="other")

    with pytest.raises(KeyTaken):
        services.create_faq(actor=manager, **fields())


def test_a_taken_topic_is_refused(manager):
    FaqFactory(key="other.en", topic="a")

    with pytest.raises(KeyTaken):
        services.create_faq(actor=manager, **fields())


def test_update_faq(manager):
    faq = FaqFactory(similar=["old"])
    stamp = current_stamp()

    services.update_faq(faq, actor=manager, answer="New.", similar=["new"])

    faq.refresh_from_db()
    assert faq.answer == "New."
    assert [row.text for row in faq.alternatives.all()] == ["new"]
    assert faq.updated_at > faq.created_at
    assert current_stamp() != stamp


def test_update_faq_keeps_what_it_does_not_name(manager):
    faq = FaqFactory(similar=["kept"])

    services.update_faq(faq, actor=manager, question="Changed?")

    assert [row.text for row in faq.alternatives.all()] == ["kept"]


def test_update_faq_denied_changes_nothing(agent):
    faq = FaqFactory(answer="Old.")

    assert denied(services.update_faq, faq, actor=agent, answer="New.")
    faq.refresh_from_db()
    assert faq.answer == "Old."


def test_retire_faq(manager):
    faq = services.retire_faq(FaqFactory(), actor=manager)

    assert not faq.is_active
    assert Faq.objects.filter(pk=faq.pk).exists()


def test_retire_faq_denied_changes_nothing(agent):
    faq = FaqFactory()

    assert denied(services.retire_faq, faq, actor=agent)
    faq.refresh_from_db()
    assert faq.is_active


@pytest.mark.parametrize(("helped", "counts"), [(True, (1, 0)), (False, (0, 1))])
def test_note_feedback(agent, helped, counts):
    faq = FaqFactory()

    services.note_feedback(faq, actor=agent, helped=helped)

    faq.refresh_from_db()
    assert (faq.helpful, faq.unhelpful) == counts


def test_note_feedback_denied_changes_nothing():
    faq = FaqFactory()

    assert denied(services.note_feedback, faq, actor=StaffFactory(role="auditor"), helped=True)
    faq.refresh_from_db()
    assert faq.helpful == 0


def test_feedback_does_not_rebuild_the_index(agent):
    faq = FaqFactory()
    stamp = current_stamp()

    services.note_feedback(faq, actor=agent, helped=True)

    assert current_stamp() == stamp


def test_save_category_adds_and_changes(manager):
    services.save_category(actor=manager, slug="sizes", name_en="Sizes", name_zh="尺码")
    services.save_category(actor=manager, slug="sizes", name_en="Sizes and fit")

    category = FaqCategory.objects.get()
    assert (category.name_en, category.name_zh) == ("Sizes and fit", "尺码")


def test_save_category_denied_changes_nothing(agent):
    assert denied(services.save_category, actor=agent, slug="sizes", name_en="Sizes", name_zh="尺码")
    assert not FaqCategory.objects.exists()


def test_create_canned_reply():
    supervisor = StaffFactory(role="supervisor")

    reply = services.create_canned_reply(
        actor=supervisor, shortcut="hi", title="Hello", body="Hello!", lang="en"
    )

    assert reply.queue == ""
    assert AuditEvent.objects.deeds().get().action == "knowledge:WriteCannedReply"


def test_create_canned_reply_denied_changes_nothing(agent):
    assert denied(services.create_canned_reply, actor=agent, shortcut="hi", title="x", body="x", lang="en")
    assert not CannedReply.objects.exists()


def test_a_taken_shortcut_is_refused(manager):
    CannedReplyFactory(shortcut="hi")

    with pytest.raises(ShortcutTaken):
        services.create_canned_reply(actor=manager, shortcut="hi", title="x", body="x", lang="en")


def test_a_shortcut_is_one_word(manager):
    with pytest.raises(Invalid):
        services.create_canned_reply(actor=manager, shortcut="good day", title="x", body="x", lang="en")


def test_update_canned_reply(manager):
    reply = services.update_canned_reply(CannedReplyFactory(), actor=manager, body="New")

    assert reply.body == "New"
    assert AuditEvent.objects.deeds().get().data["verb"] == "updated"


def test_update_canned_reply_denied_changes_nothing(agent):
    reply = CannedReplyFactory(body="Old")

    assert denied(services.update_canned_reply, reply, actor=agent, body="New")
    reply.refresh_from_db()
    assert reply.body == "Old"


def test_delete_canned_reply(manager):
    services.delete_canned_reply(CannedReplyFactory(), actor=manager)

    assert not CannedReply.objects.exists()
    assert AuditEvent.objects.deeds().get().data["verb"] == "deleted"


def test_delete_canned_reply_denied_changes_nothing(agent):
    reply = CannedReplyFactory()

    assert denied(services.delete_canned_reply, reply, actor=agent)
    assert CannedReply.objects.exists()


def test_the_desk_itself_may_write():
    assert services.create_faq(actor=SYSTEM, **fields()).pk
