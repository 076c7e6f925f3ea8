"""One chat client of the generator: a raw TCP connection that speaks the chat protocol and keeps the book."""

import asyncio
import json
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import uuid4

from apps.chat.bench import framing
from apps.chat.bench.checker import Checker, Sent
from apps.chat.bench.meter import Meter
from apps.chat.bench.texts import TEXTS

PATHS = {"visitor": "/ws/visitor/", "agent": "/ws/agent/"}
GOODBYE = framing.encode((1000).to_bytes(2, "big"), framing.CLOSE)
PONG = framing.encode(b'{"type":"pong"}')
loads = json.JSONDecoder().decode


@dataclass(frozen=True)
class Seat:
    """Who a client is, and how far it has read."""

    port: int
    side: str
    session: str
    token: str
    heads: tuple[int, int] = (0, 0)  # its last seq, and the last that a visitor may see


class Client(asyncio.Protocol):
    """Answers pings, confirms what came with each read, and sends when it is told to or its last send was acked."""

    transport: asyncio.Transport

    def __init__(self, seat: Seat, checker: Checker, meter: Meter, *, number: int = 0) -> None:
        self.seat, self.checker, self.meter = seat, checker, meter
        start = seat.heads[1] if seat.side == "visitor" else seat.heads[0]
        self.view = checker.view(seat.session, seat.side, start) if checker.strict else None
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.leaving = False
        self._decoder = framing.Decoder()
        self._number = number * 37  # so that clients repeat at different times
        self._prefix = str(uuid4())[:24]
        self._out: list[bytes] = []
        self._now = 0.0
        self._confirm = False
        self._handlers = {
            "ack": self._on_ack,
            "message": self._on_message,
            "ping": lambda frame: self._out.append(PONG),
            "welcome": self._on_welcome,
            "nack": self._on_refusal,
            "error": self._on_refusal,
            "reload": self._on_refusal,
        }

    # Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.transport.write(framing.opening(f"127.0.0.1:{self.seat.port}", PATHS[self.seat.side]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.welcomed.done():
            self._refuse(f"lost before the welcome: {exc}")
        elif not self.leaving:
            self._complain(f"the connection was lost: {exc}")

    def leave(self) -> None:
        """Close as a page that is left."""
        self.leaving = True
        self._out.append(GOODBYE)
        self.flush()
        self.transport.close()

    # In

    def data_received(self, data: bytes) -> None:
        """Everything of one read has one time of arrival, and one answer."""
        self._now = perf_counter()
        opening = not self._decoder.open
        for opcode, payload in self._decoder.feed(data):
            if opcode == framing.TEXT:
                frame = loads(str(payload, "utf-8"))
                handler = self._handlers.get(frame["type"])
                if handler:
                    handler(frame)
            else:
                self._on_control(opcode, payload)
        if opening and self._decoder.open:
            self._greet()
        if self._confirm:
            self._confirm_all()
        self.flush()

    def _greet(self) -> None:
        seat = self.seat
        hello = {"type": "hello", "v": 1, "token": seat.token, "cursors": {seat.session: seat.heads[0]}}
        self._out.append(framing.encode(json.dumps(hello).encode()))

    def _on_control(self, opcode: int, payload: bytes) -> None:
        if opcode == framing.PING:
            self._out.append(framing.encode(payload, framing.PONG))
        elif opcode == framing.CLOSE and not self.leaving:
            self._on_close(int.from_bytes(payload[:2], "big"))

    def _on_close(self, code: int) -> None:
        if self.welcomed.done():
            self._complain(f"closed with {code}")
        else:
            self._refuse(f"closed with {code} before the welcome")

    def _refuse(self, why: str) -> None:
        self.welcomed.set_exception(framing.Refused(f"{self.seat.session} {self.seat.side}: {why}"))

    def _on_welcome(self, _frame: dict[str, Any]) -> None:
        if not self.welcomed.done():
            self.welcomed.set_result(None)

    def _on_refusal(self, frame: dict[str, Any]) -> None:
        self._complain(f"{frame}")

    def _complain(self, text: str) -> None:
        self.checker.found.add(f"{self.seat.session} {self.seat.side}: {text}")

    def _on_ack(self, frame: dict[str, Any]) -> None:
        message = self.checker.acked(frame, self._now)
        if message is None:
            return
        self.meter.acked(message)
        if self._repeats(int(message.ref[24:], 16), 0):
            self._send_again(message)
        if self.meter.closed_loop:
            self.write()

    def _on_message(self, frame: dict[str, Any]) -> None:
        message = self.checker.came(self.view, frame, self.seat.side, self._now)
        if message is not None:
            self.meter.delivered(message)
        self._confirm = True

    # Out

    def write(self, due: float | None = None) -> None:
        """Send the next message, which was ``due`` then (now); the last ``flush`` of a burst puts it on the wire."""
        self._number += 1
        number = self._number
        body = f"{TEXTS[number % len(TEXTS)]} {number}"
        seat = self.seat
        message = Sent(
            f"{self._prefix}{number:012x}", seat.session, seat.side, body, due or self._now or perf_counter()
        )
        self.checker.sends(message)
        self._out.append(_send_frame(message))
        if self._repeats(number, self.meter.repeat_every // 2):
            self._send_again(message)

    def _repeats(self, number: int, rest: int) -> bool:
        every = self.meter.repeat_every
        return bool(every) and number % every == rest

    def _send_again(self, message: Sent) -> None:
        message.copies += 1
        self._out.append(_send_frame(message, message.copies))

    def _confirm_all(self) -> None:
        self._confirm = False
        seq = self.view.last if self.view else 0
        self._out.append(
            framing.encode(b'{"type":"received","session":"%b","seq":%d}' % (self.seat.session.encode(), seq))
        )

    def flush(self) -> None:
        """Write what this burst has to say in one go; nobody hears it once the connection is lost."""
        if self._out and not self.transport.is_closing():
            self.transport.write(b"".join(self._out))
            self._out.clear()


def _send_frame(message: Sent, attempt: int = 1) -> bytes:
    """The bodies hold nothing that JSON would escape."""
    text = (
        f'{{"type":"send","ref":"{message.ref}","session":"{message.session}","kind":"text",'
        f'"body":"{message.body}","payload":{{}},"attempt":{attempt}}}'
    )
    return framing.encode(text.encode())
