"""The frames of the chat protocol, version 1; see the protocol document for who sends what when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from apps.chat.enums import FILE_KINDS
from apps.chat.files import signed_path
from apps.common.api.errors import problem_body
from apps.common.errors import DomainError

VERSION = 1
HEARTBEAT_S = 25
NACK_CODES = frozenset(
    "session_closed forbidden too_large rate_limited invalid conflict cancelled already_rated unavailable".split()
)
NACK_CODE_OF = {"not_found": "forbidden"}  # any other refusal is `invalid`: this ref never will be stored
Frame = dict[str, Any]


class SenderField(TypedDict):
    """Who said it, as clients show it."""

    kind: str
    name: str


def line_frame(
    *,
    session: str,
    seq: int,
    ref: Any,
    sender_kind: str,
    sender_name: str,
    kind: str,
    body: str,
    payload: dict,
    at: datetime,
) -> Frame:
    """One line of the transcript for the wire, without ``prev``: which line came before is each side's own view."""
    return {
        "type": "message",
        "session": session,
        "seq": seq,
        "ref": str(ref),
        "sender": {"kind": sender_kind, "name": sender_name},
        "kind": kind,
        "body": body,
        "payload": payload,
        "at": at.isoformat(),
    }


def message_frame(message: Any, session_public_id: str = "") -> Frame:
    """A ``Message`` row for the wire; nothing of a recalled message but that it was."""
    names = ("seq", "ref", "sender_kind", "sender_name", "kind", "at")
    facts = {name: getattr(message, name) for name in names}
    if message.recalled_by:
        facts |= {"body": "", "payload": {"recalled_by": message.recalled_by}}
    else:
        facts |= {"body": message.body, "payload": sendable(message.kind, message.payload)}
    return line_frame(session=session_public_id, **facts) | {"prev": message.prev_public_seq}


def sendable(kind: str, payload: dict) -> dict:
    """What was stored, plus a fresh address for a file."""
    if kind in FILE_KINDS and "attachment" in payload:
        return payload | {"url": signed_path(payload["attachment"])}
    return payload


def ack_frame(session: str, ref: str, seq: int, at: datetime) -> Frame:
    """Stored and committed; ``ref`` as the client spelled it."""
    return {"type": "ack", "ref": ref, "session": session, "seq": seq, "at": at.isoformat()}


def receipt_frame(session: str, side: str, marks: Sequence[int]) -> Frame:
    """How far ``side`` is, for the other. ``undelivered`` only while it is beyond what was delivered after all."""
    delivered, read, undelivered = marks
    return {
        "type": "receipt",
        "session": session,
        "of": side,
        "delivered": delivered,
        "read": read,
        "undelivered": undelivered if undelivered > delivered else 0,
    }


def nack_frame(error: DomainError, *, ref: object, session: object = None) -> Frame:
    """The message was not stored. ``not_found`` looks like ``forbidden``: a sender learns nothing of others."""
    code = error.code if error.code in NACK_CODES else NACK_CODE_OF.get(error.code, "invalid")
    return {
        "type": "nack",
        "ref": ref,
        "session": session,
        "code": code,
        "detail": error.detail,
        "retryable": error.retryable,
    }


def error_frame(error: DomainError, *, ref: object = None, frame_type: object = None) -> Frame:
    """The frame was not understood or not allowed; the connection stays."""
    body = problem_body(error)
    extra = {key: value for key, value in body.items() if key not in ("status", "retryable")}
    return {"type": "error", "ref": ref, "for": frame_type, **extra}


def welcome_frame(sessions: list[Frame], *, now: datetime, **extra: Any) -> Frame:
    return {
        "type": "welcome",
        "v": VERSION,
        "server_time": now.isoformat(),
        "heartbeat": HEARTBEAT_S,
        "sessions": sessions,
        **extra,
    }
