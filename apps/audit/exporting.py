"""The trail as a file: CSV for a spreadsheet, JSON lines in ActionTrail's shape for a program."""

import csv
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from io import StringIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from apps.access import services as access
from apps.access import viewing
from apps.access.models import User
from apps.audit.models import AuditEvent, AuditEventQuerySet
from apps.audit.permissions import AuditAction
from apps.audit.services import record
from apps.audit.trail import as_line
from apps.common import throttle
from apps.common.aio import run_db

CHUNK = 1_000  # events that are read at once
EXPORTS_PER_HOUR = 30  # of one person
COLUMNS = (
    "id", "event_id", "at", "action", "is_read", "actor_kind", "actor_id", "actor_name", "target_type", "target_id",
    "source", "request_id", "ip", "user_agent", "error_code", "error_message", "identity", "data", "response", "about",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a spreadsheet takes a cell for a formula
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}


def export(
    rows: AuditEventQuerySet, *, kind: str, actor: User, request: HttpRequest, asked: dict[str, Any]
) -> StreamingHttpResponse:
    """An answer that streams ``rows``, the newest first. That it was taken is an event, before the first line goes out.

    ``asked`` are the filters, for the record. Raises ``AccessDenied``, ``RateLimited``.
    """
    access.require(actor, AuditAction.EXPORT)
    viewing.require_export(actor)
    throttle.require(f"export:{actor.pk}", limit=EXPORTS_PER_HOUR, window_s=3600)
    record(actor=actor, action=AuditAction.EXPORT, format=kind, filters=asked)
    chunks = (as_csv if kind == "csv" else as_jsonl)(pages_of(rows))
    response = StreamingHttpResponse(_served(request, chunks), content_type=TYPES[kind])
    name = f"audit-{timezone.now():%Y%m%dT%H%M%SZ}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def pages_of(rows: AuditEventQuerySet) -> Iterator[list[AuditEvent]]:
    """All of ``rows`` that are there now, page by page: nothing is held open between two pages."""
    rows = rows.order_by("-pk")
    last: int | None = None
    while page := list((rows if last is None else rows.filter(pk__lt=last))[:CHUNK]):
        yield page
        last = page[-1].pk


def as_jsonl(pages: Iterable[list[AuditEvent]]) -> Iterator[str]:
    for page in pages:
        yield "".join(f"{as_line(event)}\n" for event in page)


def as_csv(pages: Iterable[list[AuditEvent]]) -> Iterator[str]:
    """With a line of names, and a mark that tells spreadsheets that it is UTF-8."""
    yield "\ufeff" + _lines([COLUMNS])
    for page in pages:
        yield _lines([[_cell(getattr(event, name)) for name in COLUMNS] for event in page])


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    """What a spreadsheet shows and never calculates: text that begins like a formula gets a quote before it."""
    if value is None or isinstance(value, bool | int):
        return "" if value is None else value
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _served(request: HttpRequest, chunks: Iterator[str]) -> Iterator[str] | AsyncIterator[str]:
    """Under ASGI Django would collect a plain iterator whole before it sends anything."""
    return _awaited(chunks) if isinstance(request, ASGIRequest) else chunks


async def _awaited(chunks: Iterator[str]) -> AsyncIterator[str]:
    while (chunk := await run_db(next, chunks, None)) is not None:
        yield chunk
