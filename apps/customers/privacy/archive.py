"""The zip that a customer gets: JSON of every kind of data, their files, and a page to read it all.

Written record by record to a file on disk: nothing of it is ever whole in memory.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from apps.customers.models import Customer
from apps.customers.privacy import registry
from apps.customers.privacy.registry import DataKind, Rows, Subject
from apps.customers.privacy.stripping import files_of, rows_of

FORMAT = "desk-export/1"
CHUNK = 64 * 1024  # bytes of a file at once
RECORDS = 500  # rows fetched at once


class Encoder(DjangoJSONEncoder):
    """Also bytes, as text where they are."""

    def default(self, o: Any) -> Any:
        if isinstance(o, bytes | memoryview):
            return bytes(o).decode("utf-8", "replace")
        return super().default(o)


encode = Encoder(ensure_ascii=False).encode


@dataclass
class Tally:
    """How far the archive is; ``contents`` becomes its index."""

    kinds: int = 0
    records: int = 0
    files: int = 0
    missing: int = 0  # files that are named and no longer kept
    contents: list[dict[str, Any]] = field(default_factory=list)


class Archive:
    """An archive in the making at ``path``, for ``customer``, in the language in force."""

    def __init__(self, path: Path, customer: Customer, *, now: datetime) -> None:
        self.customer, self.now, self.tally = customer, now, Tally()
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._page_path = path.with_suffix(".html")
        self._told: Callable[[Tally], None] = lambda tally: None

    def build(self, subject: Subject, *, told: Callable[[Tally], None]) -> Tally:
        """Write everything; ``told`` hears of each kind and each file that is done."""
        self._told = told
        kinds = list(reversed(registry.kinds()))
        with self._zip, self._page_path.open("w", encoding="utf-8") as page:
            page.write(self._head())
            for kind in kinds:
                self._kind(kind, subject, page)
                self.tally.kinds += 1
                told(self.tally)
            page.write("</body></html>\n")
            page.flush()
            self._zip.write(self._page_path, "overview.html")
            self._zip.writestr("index.json", json.dumps(self._index(), indent=2, ensure_ascii=False))
        self._page_path.unlink()
        return self.tally

    def _head(self) -> str:
        context = {"customer": self.customer, "now": self.now}
        return render_to_string("customers/overview_head.html", context)

    def _kind(self, kind: DataKind, subject: Subject, page: IO[str]) -> None:
        owners = kind.owners_of(subject).values("pk")
        page.write(f"<h2>{escape(str(kind.name))}</h2>\n")
        before = self.tally.records
        for rows in kind.rows:
            if rows.exported:
                self._rows(kind, rows, owners, page)
            self._files(kind, rows, owners, page)
        if self.tally.records == before:
            page.write(f"<p>{escape(_('Nothing.'))}</p>\n")

    def _rows(self, kind: DataKind, rows: Rows, owners: Any, page: IO[str]) -> None:
        name = f"data/{kind.slug}/{rows.model._meta.model_name}.json"
        count = 0
        with self._zip.open(name, "w", force_zip64=True) as member:
            member.write(b"[")
            for record in records(rows, owners):
                member.write((",\n" if count else "\n").encode() + encode(record).encode())
                page.write(_as_html(rows, record))
                count += 1
            member.write(b"\n]\n")
        self.tally.records += count
        self.tally.contents.append({"kind": kind.slug, "file": name, "records": count})

    def _files(self, kind: DataKind, rows: Rows, owners: Any, page: IO[str]) -> None:
        if rows.file in rows.secret:
            return
        for file in files_of(rows, owners):
            row = file.instance
            given = rows_name(rows, row.pk)
            name = f"files/{kind.slug}/{row.pk}-{given}"
            try:
                with file.storage.open(str(file.name), "rb") as source, self._zip.open(name, "w") as member:
                    for chunk in source.chunks(CHUNK):
                        member.write(chunk)
            except FileNotFoundError:
                self.tally.missing += 1
                continue
            self.tally.files += 1
            self.tally.contents.append({"kind": kind.slug, "file": name})
            page.write(f'<p><a href="{escape(name)}">{escape(given)}</a></p>\n')
            self._told(self.tally)

    def _index(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "customer": self.customer.public_id,
            "made_at": self.now.isoformat(),
            "records": self.tally.records,
            "files": self.tally.files,
            "files_missing": self.tally.missing,
            "contents": self.tally.contents,
        }


def records(rows: Rows, owners: Any) -> Iterator[dict[str, Any]]:
    """The personal data of one table, the oldest first."""
    yield from rows_of(rows, owners).order_by("pk").values(*rows.exported).iterator(chunk_size=RECORDS)


def rows_name(rows: Rows, pk: int) -> str:
    """What the file was called, fit for a path of the archive."""
    names = {one.name for one in rows.model._meta.concrete_fields}
    given = rows.model._base_manager.values_list("name", flat=True).get(pk=pk) if "name" in names else ""
    return get_valid_filename(given) if given.strip(" .") else "file"


def _as_html(rows: Rows, record: dict[str, Any]) -> str:
    """One record as a list of what it says; empty fields are left out."""
    said = {name: value for name, value in record.items() if value not in (None, "", [], {})}
    lines = "".join(
        f"<dt>{escape(_title(rows, name))}</dt><dd>{escape(_plain(value))}</dd>"
        for name, value in said.items()
    )
    return f"<dl>{lines}</dl>\n"


def _title(rows: Rows, name: str) -> str:
    field = rows.model._meta.get_field(name.partition("__")[0])
    return str(getattr(field, "verbose_name", name))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else encode(value).strip('"')
