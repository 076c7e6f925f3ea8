import pytest
from django.db import IntegrityError, transaction

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.knowledge import services
from apps.knowledge.errors import OwnRevision, RevisionMoved, RevisionOpen, SlugTaken
from apps.knowledge.live_index import current_stamp
from apps.knowledge.models import KnowledgeStamp, Sop, SopRevision
from apps.knowledge.services import StepText
from apps.knowledge.tests.factories import FaqCategoryFactory, SopFactory

pytestmark = pytest.mark.django_db
STEPS = [StepText("Look", "Open the parcel.", "One moment.", "请稍等。"), StepText("Decide", "Send again.")]


@pytest.fixture
def author():
    return StaffFactory(role="supervisor")


@pytest.fixture
def reviewer():
    return StaffFactory(role="manager")


@pytest.fixture
def draft(author):
    revision = services.draft_revision(SopFactory(), actor=author)
    return services.edit_revision(revision, actor=author, body="When it is lost.", steps=STEPS)


@pytest.fixture
def in_review(draft, author):
    return services.submit_revision(draft, actor=author)


def state(revision):
    return SopRevision.objects.get(pk=revision.pk).state


def test_create_sop_is_not_in_force_yet(author):
    sop = services.create_sop(
        actor=author,
        slug="lost",
        title="Lost",
        category=FaqCategoryFactory(),
        keywords=[" lost ", "lost", ""],
    )

    assert sop.keywords == ["lost"]
    assert not Sop.objects.in_force().exists()
    assert AuditEvent.objects.get(action="knowledge:WriteSop").actor_id == author.pk


def test_create_sop_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        services.create_sop(
            actor=StaffFactory(role="agent"), slug="lost", title="Lost", category=FaqCategoryFactory()
        )

    assert not Sop.objects.exists()


def test_create_sop_refuses_a_known_slug(author):
    SopFactory(slug="lost")

    with pytest.raises(SlugTaken):
        services.create_sop(actor=author, slug="lost", title="Lost", category=FaqCategoryFactory())


def test_update_sop_moves_the_stamp_of_sops_alone(author):
    sop, before = SopFactory(), current_stamp(KnowledgeStamp.SOPS)
    faqs = current_stamp()

    services.update_sop(sop, actor=author, title="Other", is_active=False)

    assert current_stamp(KnowledgeStamp.SOPS) != before
    assert current_stamp() == faqs
    assert Sop.objects.get().title == "Other"


def test_update_sop_refuses_unknown_fields(author):
    with pytest.raises(Invalid):
        services.update_sop(SopFactory(), actor=author, current_revision=None)


def test_a_revision_goes_from_draft_to_force(draft, author, reviewer):
    services.submit_revision(draft, actor=author)
    services.approve_revision(draft, actor=reviewer, note="Good.")

    sop = Sop.objects.in_force().get()
    assert sop.current_revision == draft
    assert [step.title for step in sop.current_revision.steps.all()] == ["Look", "Decide"]
    assert AuditEvent.objects.filter(action="knowledge:ReviewSop").count() == 1


def test_nobody_approves_their_own(in_review, author):
    with pytest.raises(OwnRevision):
        services.approve_revision(in_review, actor=author)

    assert state(in_review) == "in_review"


def test_no_program_reviews_and_nobody_what_their_program_wrote(in_review, author, reviewer):
    program = StaffFactory(role="manager", is_api_client=True, created_by=author)
    with pytest.raises(AccessDenied):
        services.approve_revision(in_review, actor=program)
    with pytest.raises(AccessDenied):
        services.approve_revision(in_review, actor=SYSTEM)
    in_review.author = StaffFactory(role="supervisor", is_api_client=True, created_by=reviewer)
    in_review.save()

    for decide in (services.approve_revision, services.reject_revision):
        with pytest.raises(OwnRevision):
            decide(in_review, actor=reviewer, note="Fine.")

    assert state(in_review) == "in_review"
    assert services.approve_revision(in_review, actor=author).reviewer == author


def test_the_database_refuses_an_author_as_reviewer(in_review, author):
    with pytest.raises(IntegrityError), transaction.atomic():
        SopRevision.objects.filter(pk=in_review.pk).update(reviewer=author)


def test_an_agent_neither_writes_nor_reviews(in_review):
    agent = StaffFactory(role="agent")

    with pytest.raises(AccessDenied):
        services.draft_revision(in_review.sop, actor=agent)
    with pytest.raises(AccessDenied):
        services.approve_revision(in_review, actor=agent)

    assert state(in_review) == "in_review"


def test_a_rejection_says_why_and_changes_nothing_in_force(in_review, reviewer):
    with pytest.raises(Invalid):
        services.reject_revision(in_review, actor=reviewer, note=" ")
    services.reject_revision(in_review, actor=reviewer, note="Too long.")

    assert (state(in_review), SopRevision.objects.get().note) == ("rejected", "Too long.")
    assert Sop.objects.get().current_revision is None


def test_only_a_draft_is_edited(in_review, author):
    with pytest.raises(RevisionMoved):
        services.edit_revision(in_review, actor=author, body="Other")


def test_only_its_author_edits_a_draft(draft, reviewer):
    with pytest.raises(OwnRevision):
        services.edit_revision(draft, actor=reviewer, body="Other")


def test_a_revision_can_be_taken_back_by_its_author(in_review, author, reviewer):
    with pytest.raises(OwnRevision):
        services.withdraw_revision(in_review, actor=reviewer)

    assert services.withdraw_revision(in_review, actor=author).state == "draft"


def test_a_draft_without_steps_is_not_submitted(author):
    revision = services.draft_revision(SopFactory(), actor=author)

    with pytest.raises(Invalid):
        services.submit_revision(revision, actor=author)


def test_there_is_one_open_revision(draft, author):
    with pytest.raises(RevisionOpen):
        services.draft_revision(draft.sop, actor=author)


def test_the_next_draft_begins_with_the_words_of_the_last(in_review, author, reviewer):
    services.approve_revision(in_review, actor=reviewer)

    following = services.draft_revision(in_review.sop, actor=author)

    assert (following.number, following.body) == (2, "When it is lost.")
    assert [step.say_zh for step in following.steps.all()] == ["请稍等。", ""]


def test_a_second_approval_is_refused(in_review, reviewer):
    services.approve_revision(in_review, actor=reviewer)

    with pytest.raises(RevisionMoved):
        services.approve_revision(in_review, actor=reviewer)


def test_too_many_steps_are_refused(draft, author):
    with pytest.raises(Invalid):
        services.edit_revision(draft, actor=author, steps=[StepText(f"{at}") for at in range(40)])

    assert draft.steps.count() == 2


def test_visible_to_agents_is_what_is_in_force(in_review):
    agent, other = StaffFactory(role="agent"), SopFactory(in_force=True)

    assert list(Sop.objects.visible_to(agent)) == [other]
    assert Sop.objects.visible_to(StaffFactory(role="auditor")).count() == 2


def test_the_desk_itself_may_write(author):
    sop = services.create_sop(actor=SYSTEM, slug="x", title="X", category=FaqCategoryFactory())

    assert services.draft_revision(sop, actor=SYSTEM).author is None
