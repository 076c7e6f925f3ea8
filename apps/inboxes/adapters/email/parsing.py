"""A mail taken apart. Nothing that arrives may make this fail: what cannot be read is read as well as it can be."""

import email
import hashlib
import logging
import re
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr

from apps.inboxes.adapters.email.html import sanitised, text_of
from apps.inboxes.adapters.email.trimming import reply_of

logger = logging.getLogger(__name__)

ID = re.compile(r"<[^<>\s]{1,253}>")
DELIVERED = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "iso-8859-1": "cp1252"}
FILES_MAX = 20
KEPT_HEADERS = 80


@dataclass(frozen=True)
class ParsedFile:
    """An attachment."""

    name: str
    mime: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True)
class ParsedMail:
    """What the desk wants to know of a mail. ``envelope`` is None when the server did not note it."""

    message_id: str
    from_address: str
    from_name: str
    envelope: str | None
    recipients: list[str]
    subject: str
    text: str
    reply_text: str
    html: str
    in_reply_to: str
    references: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    files: list[ParsedFile] = field(default_factory=list)


def parse(raw: bytes) -> ParsedMail:
    """``raw`` as the desk stores it. What nobody can take apart is kept without a sender, for people to look at."""
    try:
        return _read(raw)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, MessageError):
        logger.exception("A mail could not be taken apart.")
    return ParsedMail(_made_id(raw), "", "", None, [], "", "", "", "", "", [])


def _read(raw: bytes) -> ParsedMail:
    message = email.message_from_bytes(raw)
    headers = _headers(message)
    plain, html = _bodies(message)
    text = plain or text_of(html)
    name, address = parseaddr(headers.get("from", ""))
    return ParsedMail(
        message_id=_first_id(headers.get("message-id", "")) or _made_id(raw),
        from_address=_storable(address.lower())[:320],
        from_name=_storable(name)[:200],
        envelope=_envelope(headers),
        recipients=_recipients(message),
        subject=" ".join(headers.get("subject", "").split())[:500],
        text=text,
        reply_text=reply_of(text),
        html=sanitised(html) if html else "",
        in_reply_to=_first_id(headers.get("in-reply-to", "")),
        references=ID.findall(headers.get("references", ""))[-30:],
        headers=dict(list(headers.items())[:KEPT_HEADERS]),
        files=_files(message),
    )


def _headers(message: Message) -> dict[str, str]:
    """Decoded headers with lower-case names; of several with one name the first, which the last server added."""
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers.setdefault(name.lower(), _decoded(value))
    return headers


def _decoded(value: object) -> str:
    try:
        text = str(make_header(decode_header(str(value))))
    except (ValueError, LookupError, MessageError):
        text = str(value)
    return _storable(text)[:4000]


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot keep."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _first_id(value: str) -> str:
    found = ID.search(value)
    return found[0] if found else ""


def _made_id(raw: bytes) -> str:
    """For a mail without an id: the same bytes are the same mail."""
    return f"<sha256.{hashlib.sha256(raw).hexdigest()}@no-message-id>"


def _envelope(headers: dict[str, str]) -> str | None:
    return headers["return-path"].strip().strip("<>").lower() if "return-path" in headers else None


def _recipients(message: Message) -> list[str]:
    values = [_decoded(value) for name in DELIVERED for value in message.get_all(name, [])]
    found = [address.lower()[:320] for _, address in getaddresses(values) if "@" in address]
    return list(dict.fromkeys(found))[:50]


def _bodies(message: Message) -> tuple[str, str]:
    """The first plain text and the first HTML that are no attachments."""
    found: dict[str, str] = {}
    for part in message.walk():
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not _is_file(part):
            found.setdefault(kind, _text(part))
    return found.get("text/plain", ""), found.get("text/html", "")


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    charset = (part.get_content_charset() or "utf-8").lower()
    for name in (WIDER.get(charset, charset), "utf-8", "gb18030"):
        try:
            return _storable(content.decode(name))
        except (ValueError, LookupError):
            continue
    return _storable(content.decode("utf-8", "replace"))


def _files(message: Message) -> list[ParsedFile]:
    leaves = (part for part in message.walk() if not part.is_multipart())
    parts = [
        part for part in leaves if _is_file(part) or part.get_content_maintype() not in ("text", "multipart")
    ]
    return [_file(part, number) for number, part in enumerate(parts[:FILES_MAX], start=1)]


def _file(part: Message, number: int) -> ParsedFile:
    content = part.get_payload(decode=True)
    return ParsedFile(
        name=" ".join(_decoded(part.get_filename() or f"file-{number}").split())[:200] or f"file-{number}",
        mime=_storable(part.get_content_type())[:100],
        content=content if isinstance(content, bytes) else b"",
        content_id=_storable(str(part.get("Content-ID", "")).strip("<> "))[:255],
    )
