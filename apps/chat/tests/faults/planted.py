"""The desk with a bug in it, for the tests of the tests: an ASGI app that uvicorn serves instead of the real one.

The bugs sit where frames come in and go out, so they stay what they are however the desk works inside; a connection
with one gets no short cut past ``receive`` and ``send``. Which one is there stands in the file that ``PLANTED`` names,
read anew by every connection.
"""

import json
import os
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from typing import Any

from helpdesk.asgi import application as healthy

Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]


async def application(scope: Event, receive: Receive, send: Send) -> None:
    """The desk; its sockets with the bug that is planted now."""
    bug = BUGS.get(planted()) if scope["type"] == "websocket" else None
    if bug is None:
        return await healthy(scope, receive, send)
    hear, say = bug(receive, send)
    return await healthy(scope | {"extensions": {}}, hear, say)


def planted() -> str:
    """Name of the bug, or nothing."""
    return Path(os.environ["PLANTED"]).read_text()


def _frame(event: Event) -> Event:
    """The frame in an event; empty for any other event."""
    return json.loads(event["text"]) if event.get("text") else {}


def _text(frame: Event) -> Event:
    return {"type": "websocket.send", "text": json.dumps(frame)}


def ack_before_commit(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Acknowledges what has only arrived."""
    numbers = count(1_000)

    async def hear() -> Event:
        event = await receive()
        frame = _frame(event)
        if frame.get("type") == "send":
            await send(
                _text(
                    {"type": "ack", "at": "", "seq": next(numbers)}
                    | {k: frame[k] for k in ("ref", "session")}
                )
            )
        return event

    return hear, send


def forgotten_tombstone(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Says “cancelled” and does nothing about it."""

    async def hear() -> Event:
        event = await receive()
        while (frame := _frame(event)).get("type") == "cancel":
            await send(_text({"type": "cancelled", "ref": frame["ref"], "session": frame["session"]}))
            event = await receive()
        return event

    return hear, send


def lost_delivery(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Leaves a message out now and then, and hides the gap."""
    seen = {"count": 0, "prev": 0}

    async def say(event: Event) -> None:
        frame = _frame(event) if event["type"] == "websocket.send" else {}
        if frame.get("type") != "message":
            return await send(event)
        seen["count"] += 1
        if seen["count"] % 5 == 0:
            return None
        frame["prev"], seen["prev"] = seen["prev"] or frame["prev"], frame["seq"]
        return await send(_text(frame))

    return receive, say


def no_catch_up(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """A connection begins with what is new; what was missed stays missed."""
    first = {}

    async def hear() -> Event:
        event = await receive()
        frame = _frame(event)
        if frame.get("type") == "hello":
            frame["cursors"] = dict.fromkeys(frame.get("cursors") or {}, 2**30)
            return event | {"text": json.dumps(frame)}
        return event

    async def say(event: Event) -> None:
        frame = _frame(event) if event["type"] == "websocket.send" else {}
        if (
            frame.get("type") == "message"
            and first.setdefault(frame["session"], frame["seq"]) == frame["seq"]
        ):
            frame["prev"] = 0
            return await send(_text(frame))
        return await send(event)

    return hear, say


def random_refs(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """A repeat is stored as a message of its own: as if ``ref`` were not unique."""
    aliases: dict[str, str] = {}
    numbers = count(1)

    async def hear() -> Event:
        event = await receive()
        frame = _frame(event)
        if frame.get("type") == "send":
            other = f"{next(numbers):08x}-{os.urandom(2).hex()}-4000-8000-{os.urandom(6).hex()}"
            aliases[other] = frame["ref"]
            return event | {"text": json.dumps(frame | {"ref": other})}
        return event

    async def say(event: Event) -> None:
        frame = _frame(event) if event["type"] == "websocket.send" else {}
        if frame.get("ref") in aliases:
            return await send(_text(frame | {"ref": aliases[frame["ref"]]}))
        return await send(event)

    return hear, say


def wrong_seq(receive: Receive, send: Send) -> tuple[Receive, Send]:
    """Acknowledges with the seq of the message before."""

    async def say(event: Event) -> None:
        frame = _frame(event) if event["type"] == "websocket.send" else {}
        await send(_text(frame | {"seq": frame["seq"] - 1}) if frame.get("type") == "ack" else event)

    return receive, say


BUGS: dict[str, Callable[[Receive, Send], tuple[Receive, Send]]] = {
    bug.__name__: bug
    for bug in (ack_before_commit, forgotten_tombstone, lost_delivery, no_catch_up, random_refs, wrong_seq)
}
