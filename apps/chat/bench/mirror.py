"""The cheapest server there could be: ``python -m apps.chat.bench.mirror PORT`` answers every send.

It shows how much the generator itself can do, since no desk can be measured faster than that. It stores nothing, knows
nobody, and cuts frames up by position, which only works for those of our generator.
"""

import asyncio
import json
import sys
from contextlib import suppress

from apps.chat.bench import framing
from apps.chat.bench.loops import loop_factory

OPENED = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class Peer(asyncio.Protocol):
    """One connection; the other end of its pair is whoever named the same session."""

    pairs: dict[str, list["Peer"]] = {}
    transport: asyncio.Transport

    def __init__(self) -> None:
        self._decoder = framing.Decoder(server=True)
        self._session = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        self.pairs.pop(self._session, None)

    def data_received(self, data: bytes) -> None:
        """Open, greet, and answer sends; everything else is taken in silence."""
        opening = not self._decoder.open
        frames = self._decoder.feed(data)
        if opening and self._decoder.open:
            self.transport.write(OPENED)
        for _opcode, payload in frames:
            if payload.startswith(b'{"type":"send"'):
                self._answer(payload)
            elif payload.startswith(b'{"type": "hello"'):
                self._greet(payload)

    def _greet(self, payload: bytes) -> None:
        self._session = next(iter(json.loads(payload)["cursors"]))
        self.pairs.setdefault(self._session, []).append(self)
        self.transport.write(_frame(b'{"type":"welcome"}'))

    def _answer(self, payload: bytes) -> None:
        """``{"type":"send","ref":"<36>",…`` in the order in which the generator writes it."""
        ref, body = payload[22:58], payload[payload.index(b'"body":"') + 8 : payload.rindex(b'","payload"')]
        head = b'"ref":"%b","session":"%b","seq":1,"at":"2026-11-22T00:00:00.000000+00:00"' % (
            ref,
            self._session.encode(),
        )
        self.transport.write(_frame(b'{"type":"ack",%b}' % head))
        line = _frame(
            b'{"type":"message",%b,"sender":{"kind":"customer","name":"Somebody"},"kind":"text","body":"%b",'
            b'"payload":{},"prev":0}' % (head, body)
        )
        for peer in self.pairs[self._session]:
            peer.transport.write(line)


def _frame(payload: bytes) -> bytes:
    """As a server sends it: not masked."""
    size = len(payload)
    head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + payload


async def serve(port: int) -> None:
    """Until it is stopped."""
    server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=loop_factory()) as runner, suppress(asyncio.CancelledError):
        runner.run(serve(int(sys.argv[1])))
