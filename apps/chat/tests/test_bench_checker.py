"""The checker goes red: a small server that breaks one promise at a time."""

import json
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import serve

from apps.chat.bench.generator import Plan, Round

SESSION = "a-session"
NTH = 7  # the line at which the server breaks its promise


class Desk:
    """Two sides of one session, stored in memory; ``fault`` names the promise that is broken."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.rows: list[tuple[int, str, str, bool]] = []
        self.acks: dict[str, dict] = {}
        self.peers: dict[str, object] = {}
        self.held: dict | None = None

    @asynccontextmanager
    async def running(self):
        async with serve(self.serve, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1]

    async def serve(self, socket) -> None:
        side = socket.request.path.split("/")[2]
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "hello":
                self.peers[side] = socket
                await socket.send(json.dumps({"type": "welcome", "sessions": []}))
            elif frame["type"] == "send":
                await self.store(socket, side, frame)

    async def store(self, socket, side: str, frame: dict) -> None:
        if frame["ref"] not in self.acks or self.fault == "stored twice":
            await self.append(side, frame)
        elif self.fault == "acked with another seq":
            self.acks[frame["ref"]]["seq"] += 1
        await socket.send(json.dumps(self.acks[frame["ref"]]))

    async def append(self, side: str, frame: dict) -> None:
        seq, ref, body = len(self.rows) + 1, frame["ref"], frame["body"]
        self.rows.append((seq, ref, body, False))
        ack = {"type": "ack", "ref": ref, "session": SESSION, "seq": seq, "at": "now"}
        self.acks.setdefault(ref, ack)
        if seq == NTH and self.fault == "acked and not stored":
            self.rows[-1] = (seq, "another", "", False)
        if seq == NTH and self.fault == "another text":
            body = "something else"
        line = {"type": "message", "session": SESSION, "seq": seq, "prev": seq - 1, "ref": ref, "body": body}
        await self.tell(line | {"sender": {"kind": side}})

    async def tell(self, line: dict) -> None:
        for side, peer in self.peers.items():
            for one in self.lines_for(side, line):
                await peer.send(json.dumps(one))

    def lines_for(self, side: str, line: dict) -> list[dict]:
        """What this side is told now."""
        if side == "agent" and line["seq"] == NTH and self.fault == "lost":
            return []
        if side == "agent" and self.fault == "out of order":
            if line["seq"] == NTH:
                self.held = line
                return []
            if line["seq"] == NTH + 1:
                return [line, self.held]
        return [line]


class MemoryLog:
    """What the desk has stored; nothing before the round."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def heads(self, sessions):
        return dict.fromkeys(sessions, (0, 0))

    def rows(self, starts):
        return {session: list(self.desk.rows) for session in starts}


async def checked(fault: str) -> dict:
    desk = Desk(fault)
    async with desk.running() as port:
        seat = {"port": port, "token": "t"}
        pair = {"session": SESSION, "visitor": seat, "agent": seat}
        plan = Plan([pair], seconds=0.3, warm_up=0.1, repeat_every=6, silence=0.4)
        return await Round(plan, MemoryLog(desk)).run()


async def test_a_server_that_keeps_its_promises_passes():
    found = await checked("")

    assert found["violations"] == 0, found["first_violations"]
    assert found["messages"] > NTH
    assert found["repeated_sends"] > 0


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("lost", "was never delivered|never came back|follows"),
        ("out of order", "follows"),
        ("another text", "came as"),
        ("acked with another seq", "was acked as"),
        ("stored twice", "is line"),
        ("acked and not stored", "first unlike"),
    ],
)
async def test_a_broken_promise_is_found(fault, named):
    found = await checked(fault)

    assert found["violations"] > 0
    assert any(part in text for text in found["first_violations"] for part in named.split("|"))
