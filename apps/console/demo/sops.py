"""SOPs of the demo: written by one supervisor, approved by the other; one waits for review, one is a draft."""

from typing import Any

from django.db import transaction

from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.console.demo import fixtures
from apps.knowledge import services
from apps.knowledge.models import FaqCategory, Sop, SopRevision
from apps.knowledge.services import StepText

REVIEWER_OF = {"maria": "chen", "chen": "maria"}
IN_REVIEW, DRAFTED = "peak-delay", "angry-customer"
NEWS = {
    IN_REVIEW: "双12起：大促期间承诺付款后48小时内发货。",
    DRAFTED: "New: call back within the hour when the customer has written twice already.",
}


@transaction.atomic
def load_sops() -> int:
    """Those that are missing; returns how many. Needs people and categories."""
    people = {user.username: user for user in User.objects.filter(username__in=REVIEWER_OF)}
    known = set(Sop.objects.values_list("slug", flat=True))
    rows = [row for row in fixtures.read("sops") if row["slug"] not in known]
    for row in rows:
        _load(row, people)
    return len(rows)


def _load(row: dict[str, Any], people: dict[str, User]) -> None:
    author, reviewer = people[row["author"]], people[REVIEWER_OF[row["author"]]]
    named = {key: row[key] for key in ("slug", "title", "title_zh", "queue", "keywords")}
    category = FaqCategory.objects.get(slug=row["category"])
    sop = services.create_sop(actor=SYSTEM, category=category, **named)
    revision = _written(sop, row, author)
    services.submit_revision(revision, actor=author)
    services.approve_revision(revision, actor=reviewer)
    if row["slug"] in NEWS:
        following = services.draft_revision(sop, actor=author)
        body = f"{row['body']}\n{NEWS[row['slug']]}"
        services.edit_revision(following, actor=author, body=body)
        if row["slug"] == IN_REVIEW:
            services.submit_revision(following, actor=author)


def _written(sop: Sop, row: dict[str, Any], author: User) -> SopRevision:
    revision = services.draft_revision(sop, actor=author)
    steps = [StepText(**step) for step in row["steps"]]
    return services.edit_revision(revision, actor=author, lang=row["lang"], body=row["body"], steps=steps)
