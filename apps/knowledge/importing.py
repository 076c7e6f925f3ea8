"""Many FAQs at once, from JSON Lines: all of them or none."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.knowledge.events import FaqsChanged
from apps.knowledge.models import Faq, FaqCategory, FaqQuestion
from apps.knowledge.permissions import KnowledgeAction
from apps.knowledge.services import move_stamp, unique_texts

REQUIRED = ("key", "topic", "lang", "category", "question", "answer")
OPTIONAL = {"product": "", "source": "", "license": "", "is_active": True, "hands_off": False}


@dataclass(frozen=True)
class ImportResult:
    """How many FAQs an import made, changed and found as they were."""

    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class _Record:
    """One checked line."""

    values: dict[str, Any]
    category: str
    similar: list[str]


Row = tuple[Faq, _Record]


def read_records(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The objects of JSON Lines files, in order. Raises ``Invalid`` naming file and line."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                yield _parsed(line, f"{path.name}:{number}")


@transaction.atomic
def import_faqs(
    records: Iterable[dict[str, Any]], *, actor: Actor | Any, now: datetime | None = None
) -> ImportResult:
    """Create FAQs, or change those with the same key; categories that are missing are made. All or nothing.

    A record has ``key, topic, lang, category, question, answer``, maybe ``similar`` (a list) and the ``OPTIONAL``
    ones. FAQs that it does not name stay. Publishes ``FaqsChanged``. Raises ``AccessDenied`` or ``Invalid``.
    """
    access.require(actor, KnowledgeAction.IMPORT)
    now = now or timezone.now()
    wanted = [_checked(record) for record in records]
    _refuse_repeats(wanted)
    categories = _categories(record.category for record in wanted)
    created, updated = _sorted(wanted, categories, now)
    _write(created, updated)
    _finish(actor, [faq.pk for faq, _ in (*created, *updated)], len(created), len(updated), now)
    return ImportResult(len(created), len(updated), len(wanted) - len(created) - len(updated))


def _sorted(
    wanted: list[_Record], categories: dict[str, FaqCategory], now: datetime
) -> tuple[list[Row], list[Row]]:
    """New FAQs, and known ones that differ, changed in memory and locked."""
    keys = [record.values["key"] for record in wanted]
    locked = Faq.objects.select_for_update(of=("self",)).filter(key__in=keys).order_by("pk")
    known = {faq.key: faq for faq in locked.prefetch_related("alternatives")}
    created, updated = [], []
    for record in wanted:
        faq, category = known.get(record.values["key"]), categories[record.category]
        if faq is None:
            created.append((Faq(**record.values, category=category, created_at=now, updated_at=now), record))
        elif _differs(faq, record, category):
            _apply(faq, record, category, now)
            updated.append((faq, record))
    return created, updated


def _parsed(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise Invalid(f"{where} is not JSON: {error}.") from error
    if not isinstance(record, dict):
        raise Invalid(f"{where} is not a JSON object.")
    return record


def _checked(record: dict[str, Any]) -> _Record:
    missing = [name for name in REQUIRED if not record.get(name)]
    if missing:
        raise Invalid(f"FAQ {record.get('key') or '?'} has no {', '.join(missing)}.")
    values = {name: record[name] for name in REQUIRED if name != "category"}
    values |= {name: record.get(name, default) for name, default in OPTIONAL.items()}
    try:
        Faq(**values).clean_fields(exclude=["category"])
    except ValidationError as error:
        raise Invalid(f"FAQ {record['key']} is not valid.", fields=error.message_dict) from error
    return _Record(values, str(record["category"]), unique_texts(record.get("similar", ())))


def _refuse_repeats(records: list[_Record]) -> None:
    for names in (("key",), ("topic", "lang")):
        seen: set[tuple] = set()
        for record in records:
            value = tuple(record.values[name] for name in names)
            if value in seen:
                raise Invalid(f"Two FAQs have the same {' and '.join(names)}: {' '.join(value)}.")
            seen.add(value)


def _categories(slugs: Iterable[str]) -> dict[str, FaqCategory]:
    """Categories by slug; new ones get a name from their slug and stand at the end."""
    wanted = list(dict.fromkeys(slugs))
    found = {category.slug: category for category in FaqCategory.objects.filter(slug__in=wanted)}
    position = FaqCategory.objects.count()
    for slug in wanted:
        if slug not in found:
            position += 1
            name = slug.replace("-", " ").capitalize()
            found[slug] = FaqCategory.objects.create(slug=slug, name_en=name, name_zh=name, position=position)
    return found


def _differs(faq: Faq, record: _Record, category: FaqCategory) -> bool:
    if faq.category_id != category.pk or any(
        getattr(faq, name) != value for name, value in record.values.items()
    ):
        return True
    return [row.text for row in faq.alternatives.all()] != record.similar


def _apply(faq: Faq, record: _Record, category: FaqCategory, now: datetime) -> None:
    faq.category, faq.updated_at = category, now
    for name, value in record.values.items():
        setattr(faq, name, value)


def _write(created: list[Row], updated: list[Row]) -> None:
    Faq.objects.bulk_create([faq for faq, _ in created], batch_size=500)
    if updated:
        fields = ["category", "updated_at", *(name for name in REQUIRED if name != "category"), *OPTIONAL]
        Faq.objects.bulk_update([faq for faq, _ in updated], fields, batch_size=200)
        FaqQuestion.objects.filter(faq__in=[faq for faq, _ in updated]).delete()
    FaqQuestion.objects.bulk_create(
        (
            FaqQuestion(faq=faq, position=at, text=text)
            for faq, record in (*created, *updated)
            for at, text in enumerate(record.similar)
        ),
        batch_size=1000,
    )


def _finish(actor: Actor | Any, faq_ids: list[int], created: int, updated: int, now: datetime) -> None:
    if not faq_ids:
        return
    move_stamp()
    audit.record(actor=actor, action=KnowledgeAction.IMPORT, at=now, created=created, updated=updated)
    publish(FaqsChanged(tuple(faq_ids), now))
