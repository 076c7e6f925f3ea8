"""How data go: files first, rows second, so that no file is left behind that no row names.

A process that dies in between leaves rows that name a missing file, and the next try takes up those rows again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile

from apps.customers.privacy.registry import DataKind, Rows

FILES = "files"  # beside the tables in the counts of what was erased


def rows_of(rows: Rows, owners: Any) -> QuerySet:
    """The rows that hang on ``owners``, a queryset or keys."""
    return rows.model._base_manager.filter(**{f"{rows.under or 'pk'}__in": owners})


def files_of(rows: Rows, owners: Any) -> Iterator[FieldFile]:
    """The uploaded files of these rows that are still kept."""
    if not rows.file:
        return
    named = rows_of(rows, owners).exclude(**{rows.file: ""}).order_by("pk")
    for row in named.only("pk", rows.file).iterator(chunk_size=200):
        yield getattr(row, rows.file)


def drop_files(kind: DataKind, owners: Any) -> int:
    """Delete the content of all files of ``owners``; how many. Safe to repeat, also after a rollback."""
    dropped = 0
    for rows in kind.rows:
        for file in files_of(rows, owners):
            file.storage.delete(str(file.name))
            dropped += 1
    return dropped


def strip(kind: DataKind, owners: Sequence[int], *, now: datetime) -> Counter[str]:
    """Blank or delete what is personal in the locked ``owners``; rows by table. Rows that only tell are left alone."""
    counts: Counter[str] = Counter()
    for rows in kind.rows:
        found = rows_of(rows, owners)
        if rows.gone:
            counts[rows.label] += found.delete()[1].get(rows.label, 0)
        elif rows.blank:
            counts[rows.label] += found.update(**_values(rows, now))
    kind.after(owners)
    return +counts


def _values(rows: Rows, now: datetime) -> dict[str, Any]:
    changes = {**rows.blank, **rows.also}
    return {name: value(now) if callable(value) else value for name, value in changes.items()}
