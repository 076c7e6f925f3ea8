import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.knowledge.models import FaqCategory, Sop, SopRevision
from apps.knowledge.tests.factories import FaqCategoryFactory, SopFactory
from apps.knowledge.tests.staff import api_client

pytestmark = pytest.mark.django_db
SOPS, CATEGORIES = "/api/v1/sops/", "/api/v1/faq-categories/"
LOST = f"{SOPS}lost/revisions/"
SOP = {"slug": "lost", "title": "Parcel lost", "category": "shipping", "keywords": ["my parcel is lost"]}
STEPS = [{"title": "Look", "text": "Open the parcel."}, {"title": "Say", "say_en": "I am sorry."}]


@pytest.fixture
def author():
    return api_client("supervisor")


@pytest.fixture
def reviewer():
    return api_client("manager")


@pytest.fixture
def sop():
    return SopFactory(slug="lost", in_force=True)


def drafted(author, **words):
    """Address of a new draft."""
    answer = author.post(LOST, {"body": "When it is lost.", "steps": STEPS} | words)
    assert answer.status_code == 201, answer.json()
    return f"{LOST}{answer.json()['number']}/"


def submitted(author):
    address = drafted(author)
    assert author.post(f"{address}submit/").status_code == 200
    return address


def test_from_nothing_to_a_guide_in_force(author, reviewer):
    FaqCategoryFactory()
    assert author.post(SOPS, SOP).status_code == 201

    address = submitted(author)
    approved = reviewer.post(f"{address}approve/", {"note": "Good."}).json()

    assert (approved["state"], approved["in_force"], approved["note"]) == ("approved", True, "Good.")
    shown = api_client("agent").get(f"{SOPS}lost/").json()
    assert (shown["revision"], [step["title"] for step in shown["steps"]]) == (1, ["Look", "Say"])
    actions = [event.action for event in AuditEvent.objects.order_by("pk")]
    assert (actions[0], actions[-1]) == ("knowledge:WriteSop", "knowledge:ReviewSop")


def test_who_wrote_it_does_not_review_it(reviewer, sop):
    address = submitted(reviewer)  # a manager may both write and review

    for move in ("approve", "reject"):
        answer = reviewer.post(f"{address}{move}/", {"note": "Mine."})
        assert (answer.status_code, answer.json()["code"]) == (409, "own_revision")
    assert SopRevision.objects.get(sop=sop, number=2).state == "in_review"
    sop.refresh_from_db()
    assert sop.current_revision.number == 1


def test_a_rejected_revision_says_what_is_missing(author, reviewer, sop):
    address = submitted(author)

    assert reviewer.post(f"{address}reject/", {}).status_code == 400
    rejected = reviewer.post(f"{address}reject/", {"note": "No refund?"}).json()

    assert (rejected["state"], rejected["note"], rejected["in_force"]) == ("rejected", "No refund?", False)
    assert SopRevision.objects.get(sop=sop, state="approved").number == 1


def test_a_draft_begins_with_the_last_words(author, sop):
    made = author.post(LOST, {}).json()

    assert (made["number"], made["state"], made["body"]) == (2, "draft", "When it is lost.")
    assert [step["title"] for step in made["steps"]] == ["Look", "Say"]


def test_steps_are_replaced_as_a_whole(author, sop):
    address = drafted(author)

    changed = author.patch(address, {"steps": [{"title": "Call"}]}).json()

    assert [(step["position"], step["title"]) for step in changed["steps"]] == [(1, "Call")]
    assert changed["body"] == "When it is lost."


def test_a_second_draft_is_refused(author, sop):
    drafted(author)

    answer = author.post(LOST, {})

    assert (answer.status_code, answer.json()["code"]) == (409, "revision_open")


def test_a_draft_that_cannot_be_leaves_nothing(author, sop):
    for words in (
        {"lang": "tlh"},
        {"steps": [{"title": ""}]},
        {"steps": [{"title": "x"}] * 31},
        {"body": "x" * 8001},
    ):
        assert author.post(LOST, words).status_code == 400
    assert sop.revisions.count() == 1


def test_a_draft_is_its_authors(author, reviewer, sop):
    address = drafted(author)

    answer = reviewer.patch(address, {"body": "Mine"})

    assert (answer.status_code, answer.json()["code"]) == (409, "own_revision")


def test_a_submitted_revision_is_taken_back(author, sop):
    address = submitted(author)

    assert author.patch(address, {"body": "More"}).json()["code"] == "revision_moved"
    assert author.post(f"{address}withdraw/").json()["state"] == "draft"


def test_a_draft_without_a_step_is_not_submitted(author, sop):
    address = drafted(author, steps=[])

    answer = author.post(f"{address}submit/")

    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["steps"])


def test_what_changed(author, sop):
    address = drafted(author, steps=[{"title": "Call"}, *STEPS])

    diff = author.get(f"{address}diff/").json()

    assert (diff["before"], diff["after"]) == (1, 2)
    assert {"sign": "+", "text": "1. Call"} in diff["lines"]
    assert {"sign": " ", "text": "When it is lost."} in diff["lines"]


def test_a_first_revision_is_compared_with_nothing(author, sop):
    diff = author.get(f"{LOST}1/diff/").json()

    assert diff["before"] is None
    assert {line["sign"] for line in diff["lines"]} == {"+"}


@pytest.mark.parametrize("role", ["agent", "api_client", None])
def test_revisions_are_not_for_agents(author, sop, role):
    address, client = submitted(author), api_client(role)
    before = AuditEvent.objects.deeds().count()

    answers = [client.get(LOST), client.post(LOST, {}), client.patch(address, {"body": "x"})]
    answers += [client.post(f"{address}{move}/", {"note": "x"}) for move in ("approve", "reject", "submit")]

    assert {answer.status_code for answer in answers} == {403}
    assert SopRevision.objects.get(number=2).state == "in_review"
    assert AuditEvent.objects.deeds().count() == before


def test_an_auditor_reads_and_moves_nothing(author, sop):
    address, client = submitted(author), api_client("auditor")

    assert client.get(address).status_code == 200
    assert client.post(f"{address}approve/").status_code == 403
    assert SopRevision.objects.get(number=2).state == "in_review"


def test_agents_write_no_sops(sop):
    client = api_client("agent")

    answers = [
        client.post(SOPS, SOP | {"slug": "mine"}),
        client.patch(f"{SOPS}lost/", {"title": "x"}),
        client.delete(f"{SOPS}lost/"),
    ]

    assert {answer.status_code for answer in answers} == {403}
    sop.refresh_from_db()
    assert (sop.title == "x", sop.is_active, Sop.objects.count()) == (False, True, 1)
    assert not AuditEvent.objects.deeds().exists()


def test_a_sop_is_changed_and_retired(author, sop):
    changed = author.patch(f"{SOPS}lost/", {"keywords": ["where is it"]}).json()
    assert (changed["keywords"], changed["revision"]) == (["where is it"], 1)

    assert author.delete(f"{SOPS}lost/").status_code == 204
    sop.refresh_from_db()
    assert not sop.is_active
    assert api_client("agent").get(f"{SOPS}lost/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"slug": "lost"}, 409), ({"slug": "a b"}, 400), ({"title": ""}, 400), ({"category": "none"}, 400)],
)
def test_a_sop_that_cannot_be(author, sop, changes, status):
    assert author.post(SOPS, SOP | {"slug": "new"} | changes).status_code == status
    assert Sop.objects.count() == 1


@pytest.mark.parametrize("url", [LOST, CATEGORIES])
def test_lists_take_the_same_queries_for_more_rows(author, sop, url):
    counts, number = [], 1
    for more in (1, 99):
        for _ in range(more):
            number += 1
            writer = StaffFactory(role="supervisor")
            SopRevision.objects.create(
                sop=sop, number=number, state="approved", author=writer, reviewed_at="2026-01-01T00:00Z"
            )
            FaqCategoryFactory(slug=f"c{number}")
        with CaptureQueriesContext(connection) as queries:
            assert author.get(url, {"page_size": 200}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_manager_adds_and_changes_a_category(reviewer):
    body = {"slug": "returns", "name_en": "Returns", "name_zh": "退货", "position": 3}

    assert reviewer.post(CATEGORIES, body).json() == body
    changed = reviewer.patch(f"{CATEGORIES}returns/", {"name_en": "Sending back", "slug": "other"}).json()

    assert changed == body | {"name_en": "Sending back"}
    assert AuditEvent.objects.filter(action="knowledge:WriteFaq").count() == 2


def test_a_category_that_cannot_be(reviewer):
    FaqCategoryFactory(slug="returns")
    body = {"slug": "returns", "name_en": "Returns", "name_zh": "退货"}

    for changes in ({}, {"slug": "a b"}, {"slug": "new", "name_zh": ""}):
        assert reviewer.post(CATEGORIES, body | changes).status_code == 400
    assert FaqCategory.objects.count() == 1


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor"])
def test_categories_are_read_by_all_and_written_by_managers(role):
    FaqCategoryFactory(slug="returns", name_en="Returns")
    client: APIClient = api_client(role)

    assert client.get(CATEGORIES).status_code == 200
    assert client.post(CATEGORIES, {"slug": "x", "name_en": "X", "name_zh": "X"}).status_code == 403
    assert client.patch(f"{CATEGORIES}returns/", {"name_en": "X"}).status_code == 403
    assert FaqCategory.objects.get().name_en == "Returns"
