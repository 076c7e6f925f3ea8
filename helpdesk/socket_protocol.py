"""How uvicorn speaks WebSocket for the desk: ``--ws helpdesk.socket_protocol:SocketProtocol``."""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.speedups import apply_mask

from apps.common.token_bucket import TokenBucket
from helpdesk.gathering import Gathering

RESTARTING = 1001
LINGER_S = 1  # that a peer gets to read why it is disconnected
CONTROLS_PER_S, CONTROLS_BURST = 2, 50  # pings and pongs of one peer
PARTS_MAX = 1_000  # of one message
TEXT = 0x81  # a whole message
WHOLE = {TEXT, 0x88, 0x89, 0x8A}  # and close, ping, pong
MASKED = 0x80

Event = dict[str, Any]


class SocketProtocol(WebSocketsSansIOProtocol):
    """As uvicorn's own, with a short cut for text and two ends of its own.

    The scope's extension ``helpdesk.wire`` is this object: ``ear``, if the application sets it, gets each text message
    as it is read and returns the event to queue for ``receive``, or None when it is dealt with; ``write`` sends one
    at once. Anything but whole, masked, unfragmented frames is the library's affair. Without the short cut a frame in
    costs a parser's five turns, a pause and a resumption of the socket and a turn of the loop, and one out another:
    250 µs of the 350 that a chat message took.

    A restart is 1001, which the chat protocol promises its clients, not 1012; and it comes after the answers to what
    was taken up. What was not is left to its sender, who repeats it: nothing is stored that is not answered. A peer
    that does not read is closed all the same: uvicorn would wait until it can write.
    """

    ear: Callable[[str], Event | None] | None = None
    unread: bytearray | None = None  # the beginning of a frame; None while the library reads
    controls: TokenBucket | None = None

    leaving = False

    # Short cuts

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"]["helpdesk.wire"] = self  # type: ignore[typeddict-unknown-key]

    def data_received(self, data: bytes) -> None:
        if self.unread is None:
            return self._read_by_library(data)
        self.unread += data
        while size := frame_size(self.unread, self.config.ws_max_size):
            if size < 0:
                rest, self.unread = bytes(self.unread), None
                return super().data_received(rest)
            frame = bytes(self.unread[:size])
            del self.unread[:size]
            self._take(frame)
        return None

    def _read_by_library(self, data: bytes) -> None:
        """The handshake; after it frames begin where a piece of data does."""
        first = not self.handshake_initiated
        super().data_received(data)
        if first and self.handshake_initiated and data.endswith(b"\r\n\r\n"):
            self.unread = bytearray()

    def _take(self, frame: bytes) -> None:
        if frame[0] != TEXT or self.ear is None or self.close_sent or not self.queue.empty():
            return super().data_received(frame)
        try:
            text = unmasked(frame).decode()
        except UnicodeDecodeError:
            return super().data_received(frame)
        event = self.ear(text)
        if event is not None:
            self.queue.put_nowait(event)  # type: ignore[arg-type]
            if not self.read_paused:
                self.read_paused = True
                self.transport.pause_reading()
        return None

    def write(self, text: str) -> bool:
        """Send ``text`` now; false when it has to wait for the peer. What the peer cannot get is dropped."""
        if not self.writable.is_set() or not self.handshake_complete:
            return False
        try:
            self._send_text(text)
        except ClientDisconnected:
            self.ear = None
        return True

    # Limits that the library has not

    def handle_ping(self) -> None:
        """Answer while the peer reads; who floods us is hung up on."""
        if not self._may_control():
            return self.transport.abort()
        if self.writable.is_set():
            return super().handle_ping()
        self.conn.data_to_send()  # the answer, which nobody would read
        return None

    def handle_pong(self, event: Any) -> None:
        if not self._may_control():
            return self.transport.abort()
        return super().handle_pong(event)

    def handle_cont(self, event: Any) -> None:
        if len(self.frames) >= PARTS_MAX:
            return self.transport.abort()
        return super().handle_cont(event)

    def _may_control(self) -> bool:
        if self.controls is None:
            self.controls = TokenBucket(CONTROLS_PER_S, CONTROLS_BURST)
        return self.controls.take()

    # Ends

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of itself, or only the collector would find it."""
        super().connection_lost(exc)
        getattr(self, "scope", {}).get("extensions", {}).pop("helpdesk.wire", None)

    def abort(self) -> None:
        """Hang up, whatever the peer has not read."""
        self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Uvicorn says goodbye and would wait until a peer that reads nothing has read it."""
        super().keepalive_timeout()
        self.loop.call_later(LINGER_S, self.transport.abort)

    def handle_close(self, event: Any) -> None:
        super().handle_close(event)
        self.loop.call_later(LINGER_S, self.transport.abort)

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            return super().shutdown()
        self.stop_keepalive()
        if not self.transport.is_closing():
            self._hear_no_more()
            task = self.loop.create_task(self._say_goodbye())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return None

    def _hear_no_more(self) -> None:
        """What waits here or in the socket is dropped; answers stand before the goodbye, however slowly one reads."""
        self.leaving, self.ear = True, None
        self.transport.pause_reading()
        self.read_paused = False  # or `receive` would read on
        begun = []
        while not self.queue.empty():
            event: Any = self.queue.get_nowait()
            begun += [event] if "work" in event else []
        for event in begun:
            self.queue.put_nowait(event)
        self.writable.set()

    def pause_writing(self) -> None:
        if not self.leaving:
            super().pause_writing()

    def _send_text(self, text: str) -> None:
        """One frame, unmasked and whole, without the general case of the library: 6 instead of 20 µs."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        data = text.encode()
        size = len(data)
        if size < 126:
            head = bytes((0x81, size))
        elif size < 65_536:
            head = b"\x81\x7e" + size.to_bytes(2, "big")
        else:
            head = b"\x81\x7f" + size.to_bytes(8, "big")
        self.transport.write(head + data)

    async def _say_goodbye(self) -> None:
        from apps.chat.consumers.hub import current_hub

        await current_hub().drained()
        if not self.close_sent and not self.disconnected:
            self._close(RESTARTING)
            self.transport.resume_reading()  # closed with words unread, a socket takes back what it said last

    def _close(self, code: int) -> None:
        """Say goodbye and hang up when the peer has heard it, or soon."""
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": ""})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.abort)

    async def send(self, message: Any) -> None:
        text = message.get("text")
        if text is not None and self.handshake_complete and self.writable.is_set():
            return self._send_text(text)
        if message["type"] != "websocket.close" or self.writable.is_set() or self.close_sent:
            return await super().send(message)
        return self._close(message["code"])


def frame_size(data: bytearray, most: int) -> int:
    """Bytes of the frame that ``data`` begins with; 0 while it is not all there, -1 where it is not a plain one."""
    if len(data) < 2:
        return 0
    if data[0] not in WHOLE or not data[1] & MASKED:
        return -1
    size, head = data[1] & 0x7F, 6
    if size > 125:
        head = 8 if size == 126 else 14
        if len(data) < head:
            return 0
        size = int.from_bytes(data[2 : head - 4], "big")
    if size > most:
        return -1
    return head + size if len(data) >= head + size else 0


def unmasked(frame: bytes) -> bytes:
    """What a whole frame carries."""
    head = {126: 8, 127: 14}.get(frame[1] & 0x7F, 6)
    return apply_mask(frame[head:], frame[head - 4 : head])
