"""CloudEvents 1.0 over HTTP: structured, binary and batch (cloudevents/spec, http-protocol-binding.md).

The content decides, not its type: event buses send what their rule shapes. Called only with verified bytes.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.common.errors import Invalid
from apps.eventbridge.enums import EventForm
from apps.eventbridge.errors import UnknownFormat

MAX_BATCH = 500
LIMITS = {"id": 200, "source": 300, "type": 200, "subject": 300}
REQUIRED = ("id", "source", "type")
FOREIGN = re.compile(r"^(application/cloudevents(-batch)?\+(?!json)|text/xml|application/xml|multipart/)")


@dataclass(frozen=True)
class CloudEvent:
    """The attributes of one event, and the bytes that it is kept as."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime | None
    form: EventForm
    raw: bytes


def parse(headers: Mapping[str, str], raw: bytes) -> list[CloudEvent]:
    """The events of a request, in its order. Raises ``UnknownFormat``, ``Invalid``."""
    if FOREIGN.match(headers.get("content-type", "").lower()):
        raise UnknownFormat()
    if "ce-specversion" in headers:
        return [_event(_attributes(headers), EventForm.BINARY, raw)]
    content = _decoded(raw)
    if isinstance(content, dict):
        return [_event(content, EventForm.STRUCTURED, raw)]
    if not isinstance(content, list) or len(content) > MAX_BATCH:
        raise Invalid(_("A body is one event, or a list of at most %(most)s.") % {"most": MAX_BATCH})
    return [_event(each, EventForm.BATCH, _encoded(each)) for each in content]


def data_of(form: str, raw: bytes) -> Any:
    """The payload of a kept event: decoded JSON, or text where it is none.

    Raises ``Invalid`` for what nobody can read: not Base64 where it says so, or nested too deep.
    """
    if form == EventForm.BINARY:
        return _payload(raw)
    event = _decoded(raw)
    return _payload(_unpacked(event["data_base64"])) if "data_base64" in event else event.get("data")


def _unpacked(given: Any) -> bytes:
    try:
        return base64.b64decode(given)
    except (ValueError, TypeError) as error:
        raise Invalid(
            _("The event is not valid."), fields={"data_base64": [_("This is no Base64.")]}
        ) from error


def _payload(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")
    except RecursionError as error:
        raise Invalid(_("The body is no JSON.")) from error


def _attributes(headers: Mapping[str, str]) -> dict[str, str]:
    """``ce-…`` headers, percent-decoded as the binding says."""
    return {
        name.removeprefix("ce-"): unquote(value) for name, value in headers.items() if name.startswith("ce-")
    }


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Invalid(_("The body is no JSON.")) from error


def _encoded(event: Any) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _event(given: Any, form: EventForm, raw: bytes) -> CloudEvent:
    faults = _faults(given)
    if faults:
        raise Invalid(_("The event is not valid."), fields=faults)
    data_of(form, raw)  # what no handler could read is refused while its sender listens
    subject = given.get("subject") or ""
    return CloudEvent(
        given["id"], given["source"], given["type"], subject, _time(given.get("time")), form, raw
    )


def _faults(given: Any) -> dict[str, list[str]]:
    if not isinstance(given, dict):
        return {"": [_("An event is a JSON object.")]}
    faults = {}
    if given.get("specversion") != "1.0":
        faults["specversion"] = [_("Only CloudEvents 1.0 are understood.")]
    for name, most in LIMITS.items():
        value = given.get(name)
        missing = value in (None, "")
        if missing and name not in REQUIRED:
            continue
        if missing or not isinstance(value, str) or len(value) > most or not _storable(value):
            faults[name] = [_("Give a text of 1 to %(most)s characters.") % {"most": most}]
    return faults


def _storable(text: str) -> bool:
    """PostgreSQL takes no NUL, and UTF-8 no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)


def _time(given: Any) -> datetime | None:
    """None for what is no RFC 3339 time: the order of events is then that of their receipt."""
    try:
        at = parse_datetime(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None
