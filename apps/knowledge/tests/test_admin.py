import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.knowledge.models import CannedReply, Faq, FaqCategory
from apps.knowledge.tests.factories import CannedReplyFactory, FaqCategoryFactory, FaqFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/knowledge/faq/"


@pytest.fixture
def manager(client):
    client.force_login(StaffFactory(role="manager", is_staff=True))
    return client


@pytest.fixture
def supervisor(client):
    client.force_login(StaffFactory(role="supervisor", is_staff=True))
    return client


def form(**changes):
    values = {
        "key": "a.en",
        "topic": "a",
        "category": FaqCategoryFactory().pk,
        "lang": "en",
        "is_active": "on",
    }
    return values | {"question": "Q?", "similar": "one\ntwo\n", "answer": "A."} | changes


def upload(client, rows):
    """Import the CSV ``rows``; the preview first, as people do."""
    file = SimpleUploadedFile("faqs.csv", "\n".join(rows).encode(), content_type="text/csv")
    preview = client.post(f"{LIST}import/", {"import_file": file, "format": "0", "resource": "0"})
    confirm = preview.context.get("confirm_form")
    if confirm is not None:
        client.post(f"{LIST}process_import/", confirm.initial | {"resource": "0"})
    return preview


HEADER = "key,topic,category,lang,question,similar,answer,is_active,hands_off"


def test_a_manager_adds_an_faq_through_the_service(manager):
    response = manager.post(f"{LIST}add/", form())

    assert response.status_code == 302
    assert [row.text for row in Faq.objects.get().alternatives.all()] == ["one", "two"]
    assert AuditEvent.objects.deeds().get().action == "knowledge:WriteFaq"


def test_a_manager_changes_an_faq(manager):
    faq = FaqFactory(similar=["kept"])
    page = manager.get(f"{LIST}{faq.pk}/change/")

    manager.post(
        f"{LIST}{faq.pk}/change/", page.context["adminform"].form.initial | form(key=faq.key, topic=faq.topic)
    )

    faq.refresh_from_db()
    assert faq.answer == "A."
    assert [row.text for row in faq.alternatives.all()] == ["one", "two"]


def test_the_form_shows_the_other_ways_to_ask(manager):
    faq = FaqFactory(similar=["one way", "another way"])

    assert "one way\nanother way" in manager.get(f"{LIST}{faq.pk}/change/").content.decode()


def test_a_supervisor_reads_and_cannot_save(supervisor):
    faq = FaqFactory(question="Readable?")

    page = supervisor.get(f"{LIST}{faq.pk}/change/")

    assert b"Readable?" in page.content
    assert b'name="_save"' not in page.content
    assert supervisor.get(f"{LIST}add/").status_code == 403
    assert supervisor.get(f"{LIST}import/").status_code == 403


def test_the_list_searches_all_ways_to_ask(manager):
    FaqFactory(question="Found?", similar=["needle"])
    FaqFactory(question="Other?")

    content = manager.get(LIST, {"q": "needle"}).content

    assert b"Found?" in content
    assert b"Other?" not in content


def test_the_list_takes_the_same_queries_for_more_rows(manager):
    counts = []
    for more in (1, 99):
        FaqFactory.create_batch(more, similar=["one", "two"])
        with CaptureQueriesContext(connection) as queries:
            manager.get(LIST)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_export_has_a_row_per_faq(manager):
    FaqFactory(key="a.en", topic="a", question="Q?", similar=["one", "two"])

    header, row = (
        manager.post(f"{LIST}export/", {"format": "0", "resource": "0"}).content.decode().splitlines()
    )

    assert (
        header == "key,topic,category,lang,question,similar,answer,product,is_active,hands_off,source,license"
    )
    assert row.startswith("a.en,a,shipping,en,Q?,one | two,")


def test_import_creates_updates_and_audits(manager):
    FaqCategoryFactory()
    FaqFactory(key="old.en", topic="old", answer="Old.", similar=["one"])

    upload(
        manager,
        [HEADER, "old.en,old,shipping,en,Q?,one | two,New.,1,0", "new.en,new,shipping,en,Q?,,A.,1,0"],
    )

    old, new = Faq.objects.get(key="old.en"), Faq.objects.get(key="new.en")
    assert (old.answer, new.answer) == ("New.", "A.")
    assert [row.text for row in old.alternatives.all()] == ["one", "two"]
    assert AuditEvent.objects.filter(action="knowledge:WriteFaq").count() == 2


def test_an_export_imported_again_changes_nothing(manager):
    faq = FaqFactory(similar=["one", "two"])
    row = f"{faq.key},{faq.topic},shipping,en,{faq.question},one | two,{faq.answer},1,0"

    upload(manager, [HEADER, row])

    assert not AuditEvent.objects.deeds().exists()


def test_a_bad_row_shows_why_and_imports_nothing(manager):
    FaqCategoryFactory()

    preview = upload(manager, [HEADER, "new.en,new,shipping,fr,Q?,,A.,1,0"])

    assert preview.context["result"].has_errors()
    assert not Faq.objects.exists()


def test_a_manager_names_a_category(manager):
    category = FaqCategoryFactory()
    address = reverse("admin:knowledge_faqcategory_change", args=[category.pk])

    manager.post(address, {"name_en": "Delivery", "name_zh": "送货", "position": 3})
    manager.post(
        reverse("admin:knowledge_faqcategory_add"),
        {"slug": "new", "name_en": "New", "name_zh": "新", "position": 4},
    )

    assert list(FaqCategory.objects.values_list("name_en", flat=True)) == ["Delivery", "New"]


def test_a_supervisor_keeps_the_canned_replies(supervisor):
    reply = CannedReplyFactory(shortcut="old")
    body = {"shortcut": "hi", "title": "Hello", "body": "Hello!", "lang": "en", "queue": ""}

    supervisor.post(reverse("admin:knowledge_cannedreply_add"), body)
    supervisor.post(
        reverse("admin:knowledge_cannedreply_change", args=[reply.pk]), body | {"shortcut": "bye"}
    )
    assert set(CannedReply.objects.values_list("shortcut", flat=True)) == {"hi", "bye"}

    supervisor.post(reverse("admin:knowledge_cannedreply_delete", args=[reply.pk]), {"post": "yes"})
    assert list(CannedReply.objects.values_list("shortcut", flat=True)) == ["hi"]


def test_deleting_several_replies_is_audited_one_by_one(supervisor):
    replies = CannedReplyFactory.create_batch(2)
    action = {"action": "delete_selected", "_selected_action": [reply.pk for reply in replies], "post": "yes"}

    supervisor.post(reverse("admin:knowledge_cannedreply_changelist"), action)

    assert not CannedReply.objects.exists()
    assert AuditEvent.objects.filter(data__verb="deleted").count() == 2


@pytest.mark.parametrize("model", ["faq", "faqcategory", "cannedreply"])
def test_staff_without_a_role_sees_nothing(client, model):
    client.force_login(StaffFactory(is_staff=True))

    assert client.get(reverse(f"admin:knowledge_{model}_changelist")).status_code == 403


@pytest.mark.parametrize(("sees", "status"), [(True, 200), (False, 403)])
def test_words_of_customers_are_closed_to_whoever_sees_masks(monkeypatch, client, manager, sees, status):
    monkeypatch.setattr("apps.access.viewing.sees_masked", lambda user: not sees)

    assert client.get(reverse("admin:knowledge_suggestionfeedback_changelist")).status_code == status
