import re

import pytest

from apps.access.models import User
from apps.access.tests.factories import StaffFactory
from apps.console.demo import fixtures
from apps.console.demo.sops import load_sops
from apps.knowledge.models import Sop, SopRevision
from apps.knowledge.selectors import suggest
from apps.knowledge.tests.factories import FaqCategoryFactory

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def loaded(db):
    for username in ("maria", "chen"):
        StaffFactory(username=username, role="supervisor")
    for row in fixtures.read("sops"):
        FaqCategoryFactory(slug=row["category"])
    return load_sops()


def test_the_demo_has_sops_in_force_and_runs_again_without_harm(loaded):
    assert loaded == Sop.objects.in_force().count() >= 25
    assert load_sops() == 0
    assert set(SopRevision.objects.values_list("state", flat=True)) == {"approved", "in_review", "draft"}


def test_nobody_approved_their_own(loaded):
    approved = SopRevision.objects.filter(state="approved").values_list("author", "reviewer")

    assert all(author != reviewer for author, reviewer in approved)
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("the tracking has not moved for a week", "parcel-lost"),
        ("my skin is red and burning since I used it", "skin-reaction"),
        ("快递显示已经签收，可是我没拿到", "delivered-not-received"),
        ("买完第二天就降价了，能退差价吗", "price-protection"),
    ],
)
def test_customers_words_find_the_guide(loaded, words, slug):
    assert suggest([words], lang="en")[0].key == slug


def test_both_languages_are_written():
    rows = fixtures.read("sops")
    steps = [step for row in rows for step in row["steps"]]

    assert all(CHINESE.search(row["title_zh"]) and not CHINESE.search(row["title"]) for row in rows)
    assert all(CHINESE.search(step["say_zh"]) and not CHINESE.search(step["say_en"]) for step in steps)
    assert all(len(row["keywords"]) >= 4 and len(row["steps"]) >= 2 for row in rows)
