import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.tests.factories import StaffFactory
from apps.knowledge import services
from apps.knowledge.models import Sop, SopRevision
from apps.knowledge.services import StepText
from apps.knowledge.tests.factories import FaqCategoryFactory, SopFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/knowledge/sop/"
REVISIONS = "/admin/knowledge/soprevision/"


@pytest.fixture
def author(client):
    user = StaffFactory(role="supervisor", is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def reviewer():
    return StaffFactory(role="manager", is_staff=True)


@pytest.fixture
def draft(author):
    revision = services.draft_revision(SopFactory(), actor=author)
    return services.edit_revision(revision, actor=author, body="Old words.", steps=[StepText("Look")])


def sop_form(**changes):
    values = {"title": "Lost", "title_zh": "丢失", "slug": "lost", "keywords": "it is lost\n丢了\n"}
    values |= {"category": FaqCategoryFactory().pk, "queue": "", "is_active": "on"}
    inline = {"revisions-TOTAL_FORMS": "0", "revisions-INITIAL_FORMS": "0"}
    return values | inline | changes


def revision_form(revision, steps=(), button="submit", **changes):
    """What the page of a draft posts: its words and ``steps`` as ``(position, title)``."""
    known = list(revision.steps.all())
    values = {"lang": "en", "body": "New words.", "note": ""}
    values |= {"steps-TOTAL_FORMS": str(len(steps)), "steps-INITIAL_FORMS": str(len(known))}
    for at, (position, title) in enumerate(steps):
        row = {"position": position, "title": title, "text": "", "say_en": "Hello.", "say_zh": ""}
        row |= {"revision": revision.pk, "id": known[at].pk if at < len(known) else ""}
        values |= {f"steps-{at}-{name}": value for name, value in row.items()}
    return values | {f"knowledge_soprevision_{button}": "on"} | changes


def test_a_supervisor_adds_a_sop_and_drafts_its_first_revision(client, author):
    response = client.post(f"{LIST}add/", sop_form(knowledge_sop_draft="on"))

    revision = SopRevision.objects.get()
    assert response.url == f"{REVISIONS}{revision.pk}/change/"
    assert (revision.author, revision.sop.keywords) == (author, ["it is lost", "丢了"])


def test_a_supervisor_changes_a_sop(client, author):
    sop = SopFactory(slug="lost")

    client.post(f"{LIST}{sop.pk}/change/", sop_form(title="Gone"))

    assert Sop.objects.get().title == "Gone"


def test_a_second_draft_is_refused_with_a_message(client, draft):
    response = client.post(
        f"{LIST}{draft.sop.pk}/change/", sop_form(slug=draft.sop.slug, knowledge_sop_draft="on"), follow=True
    )

    assert "There is a draft" in response.content.decode()
    assert SopRevision.objects.count() == 1


def test_an_author_writes_steps_and_submits(client, draft):
    response = client.post(
        f"{REVISIONS}{draft.pk}/change/", revision_form(draft, [(2, "Second"), (1, "First")])
    )

    assert response.status_code == 302, response.context["errors"]
    draft.refresh_from_db()
    assert (draft.state, draft.body) == ("in_review", "New words.")
    assert [step.title for step in draft.steps.all()] == ["First", "Second"]


def test_an_author_sees_no_button_to_approve(client, draft):
    services.submit_revision(draft, actor=draft.author)

    page = client.get(f"{REVISIONS}{draft.pk}/change/").content.decode()

    assert "Take back from review" in page
    assert "Approve and put in force" not in page


def test_whoever_made_the_program_that_wrote_it_sees_no_button_to_approve(client, draft, reviewer):
    services.submit_revision(draft, actor=draft.author)
    draft.author.is_api_client, draft.author.created_by = True, reviewer
    draft.author.save()
    client.force_login(reviewer)

    page = client.get(f"{REVISIONS}{draft.pk}/change/").content.decode()

    assert "Old words." in page
    assert "Approve and put in force" not in page


def test_an_author_who_posts_an_approval_anyway_changes_nothing(client, draft):
    services.submit_revision(draft, actor=draft.author)

    client.post(f"{REVISIONS}{draft.pk}/change/", revision_form(draft, button="approve"))

    draft.refresh_from_db()
    assert draft.state == "in_review"


def test_a_reviewer_approves(client, draft, reviewer):
    services.submit_revision(draft, actor=draft.author)
    client.force_login(reviewer)

    client.post(f"{REVISIONS}{draft.pk}/change/", revision_form(draft, button="approve", note="Fine."))

    assert Sop.objects.get().current_revision == draft
    draft.refresh_from_db()
    assert (draft.reviewer, draft.note) == (reviewer, "Fine.")


def test_a_rejection_without_a_word_is_refused_with_a_message(client, draft, reviewer):
    services.submit_revision(draft, actor=draft.author)
    client.force_login(reviewer)

    page = client.post(f"{REVISIONS}{draft.pk}/change/", revision_form(draft, button="reject"), follow=True)

    assert "Say what is missing." in page.content.decode()
    draft.refresh_from_db()
    assert draft.state == "in_review"


def test_a_revision_shows_what_changed(client, draft, reviewer):
    services.submit_revision(draft, actor=draft.author)
    services.approve_revision(draft, actor=reviewer)
    following = services.draft_revision(draft.sop, actor=draft.author)
    services.edit_revision(following, actor=draft.author, body="Other words.")

    page = client.get(f"{REVISIONS}{following.pk}/change/").content.decode()

    assert "<del>- Old words.</del>" in page
    assert "<ins>+ Other words.</ins>" in page
    assert "<span>  1. Look</span>" in page


def test_an_approved_revision_is_for_reading(client, draft, reviewer):
    services.submit_revision(draft, actor=draft.author)
    services.approve_revision(draft, actor=reviewer)

    page = client.get(f"{REVISIONS}{draft.pk}/change/").content.decode()

    assert 'name="body"' not in page
    assert client.post(f"{REVISIONS}{draft.pk}/change/", revision_form(draft)).status_code == 403


def test_agents_have_no_page_of_sops(client, draft):
    client.force_login(StaffFactory(role="agent", is_staff=True))

    assert client.get(LIST).status_code == 403
    assert client.get(REVISIONS).status_code == 403


@pytest.mark.parametrize("page", [LIST, REVISIONS])
def test_a_list_takes_the_same_queries_for_more_rows(client, author, page):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as context:
            assert client.get(page).status_code == 200
        return len(context)

    services.draft_revision(SopFactory(in_force=True), actor=author)
    client.get(page)
    few = queries()
    for sop in SopFactory.create_batch(99, in_force=True):
        services.draft_revision(sop, actor=author)

    assert queries() == few
