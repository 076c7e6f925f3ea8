"""Delivered and read marks: moved by the database's own ``chat_mark``, forward only."""

import json
from collections.abc import Iterable
from typing import Any

MARK = "SELECT session, side, delivered, read, undelivered FROM chat_mark(%s::jsonb)"
MarkKey = tuple[int, str, int]  # session, side, who confirms


def marks_json(marks: Iterable[tuple[MarkKey, Iterable[int]]]) -> str:
    """The argument of ``chat_mark``: for each key ``(delivered, read)``."""
    rows = [
        {"session": pk, "side": str(side), "actor_id": actor, "delivered": delivered, "read": read}
        for (pk, side, actor), (delivered, read) in marks
    ]
    return json.dumps(rows)


def receipt_ring(session_pk: int, side: str, *marks: int) -> dict[str, Any]:
    """Wake-up: the marks of ``side`` are ``marks`` now: delivered, read, undelivered."""
    return {"type": "chat.receipt", "session_pk": session_pk, "side": str(side), "marks": list(marks)}
