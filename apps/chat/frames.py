"""The frames of the chat protocol, typed. Version 1; see the protocol document for who sends what when."""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

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


class HelloFrame(TypedDict):
    """First frame of a client, within 5 s."""

    type: Literal["hello"]
    v: int
    token: NotRequired[str]
    cursors: NotRequired[dict[str, int]]


class SendFrame(TypedDict):
    """One attempt to send a message; ``ref`` is the client's, never reused."""

    type: Literal["send"]
    ref: str
    session: str
    kind: str
    body: str
    payload: NotRequired[dict]
    attempt: NotRequired[int]


class SenderField(TypedDict):
    kind: str
    name: str


class MessageFrame(TypedDict):
    """One line of the transcript, strictly by ``seq`` per session."""

    type: Literal["message"]
    session: str
    seq: int
    ref: str
    sender: SenderField
    kind: str
    body: str
    payload: dict
    at: str
    prev: NotRequired[int]  # the previous seq that this side may see


def message_frame(message: Any, session_public_id: str = "") -> Frame:
    """A ``Message`` row for the wire. ``session`` is the connection's to fill in: it knows the public id."""
    return {
        "type": "message",
        "session": session_public_id,
        "seq": message.seq,
        "ref": str(message.ref),
        "sender": {"kind": message.sender_kind, "name": message.sender_name},
        "kind": message.kind,
        "body": "" if message.recalled_by else message.body,
        "payload": _payload(message),
        "at": message.at.isoformat(),
        "prev": message.prev_public_seq,
    }


def _payload(message: Any) -> dict:
    """What was stored, plus a fresh address for a file; nothing of a recalled message."""
    if message.recalled_by:
        return {"recalled_by": message.recalled_by}
    if message.kind in FILE_KINDS and "attachment" in message.payload:
        return message.payload | {"url": signed_path(message.payload["attachment"])}
    return message.payload


def ack_frame(session: str, receipt: Any) -> Frame:
    return {
        "type": "ack",
        "ref": str(receipt.ref),
        "session": session,
        "seq": receipt.seq,
        "at": receipt.at.isoformat(),
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
