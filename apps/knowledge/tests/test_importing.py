import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.actors import SYSTEM
from apps.access.tests.factories import StaffFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.knowledge.importing import ImportResult, import_faqs, read_records
from apps.knowledge.live_index import current_stamp
from apps.knowledge.models import Faq, FaqCategory, FaqQuestion
from apps.knowledge.tests.factories import FaqFactory

pytestmark = pytest.mark.django_db


def record(topic="a", **changes):
    values = {"key": f"{topic}.en", "topic": topic, "lang": "en", "category": "gift-cards"}
    return values | {"question": "Q?", "similar": ["one", "two"], "answer": "A."} | changes


def test_an_import_makes_faqs_and_categories():
    result = import_faqs([record("a"), record("b")], actor=SYSTEM)

    assert result == ImportResult(created=2, updated=0, unchanged=0)
    assert FaqCategory.objects.get().name_en == "Gift cards"
    assert list(FaqQuestion.objects.values_list("text", flat=True)) == ["one", "two"] * 2


def test_the_same_import_again_changes_nothing():
    import_faqs([record()], actor=SYSTEM)
    stamp, audited = current_stamp(), AuditEvent.objects.deeds().count()

    assert import_faqs([record()], actor=SYSTEM) == ImportResult(0, 0, 1)
    assert (current_stamp(), AuditEvent.objects.deeds().count()) == (stamp, audited)


@pytest.mark.parametrize(
    "change", [{"answer": "New."}, {"similar": ["two", "one"]}, {"category": "other"}, {"hands_off": True}]
)
def test_an_import_updates_what_differs(change):
    import_faqs([record("a"), record("b")], actor=SYSTEM)

    assert import_faqs([record("a", **change), record("b")], actor=SYSTEM) == ImportResult(0, 1, 1)


def test_updated_ways_to_ask_are_replaced():
    import_faqs([record(similar=["one", "two"])], actor=SYSTEM)
    import_faqs([record(similar=["two", "three"])], actor=SYSTEM)

    assert list(FaqQuestion.objects.values_list("text", flat=True)) == ["two", "three"]


def test_faqs_that_an_import_does_not_name_stay():
    FaqFactory(key="kept.en", topic="kept")

    import_faqs([record()], actor=SYSTEM)

    assert set(Faq.objects.values_list("key", flat=True)) == {"kept.en", "a.en"}


def test_import_faqs_denied_changes_nothing():
    with pytest.raises(AccessDenied):
        import_faqs([record()], actor=StaffFactory(role="supervisor"))

    assert not Faq.objects.exists()
    assert not AuditEvent.objects.deeds().exists()


@pytest.mark.parametrize(
    "records",
    [
        [record("a"), record("b", answer="")],
        [record("a"), record("b", lang="fr")],
        [record("a"), record("a", lang="zh-hans")],  # one key twice
        [record("a"), record("a", key="other.en")],  # one topic twice in a language
        [record("a"), record("b", key="Not A Key")],
    ],
)
def test_one_bad_line_refuses_the_whole_import(records):
    with pytest.raises(Invalid):
        import_faqs(records, actor=SYSTEM)

    assert not Faq.objects.exists()


def test_an_import_takes_the_same_queries_for_more_rows():
    counts = []
    for size in (1, 30):
        with CaptureQueriesContext(connection) as queries:
            import_faqs([record(f"t{size}-{at}") for at in range(size)], actor=SYSTEM)
        counts.append(len(queries))

    assert counts[1] <= counts[0]  # the first also makes the category


def test_reading_skips_empty_lines(tmp_path):
    path = tmp_path / "faqs.jsonl"
    path.write_text(json.dumps(record()) + "\n\n", encoding="utf-8")

    assert [row["key"] for row in read_records([path])] == ["a.en"]


@pytest.mark.parametrize("line", ["{", "[1]"])
def test_reading_names_the_line_that_is_wrong(tmp_path, line):
    path = tmp_path / "faqs.jsonl"
    path.write_text(f"{json.dumps(record())}\n{line}\n", encoding="utf-8")

    with pytest.raises(Invalid, match=r"faqs\.jsonl:2"):
        list(read_records([path]))
