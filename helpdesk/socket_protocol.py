"""How uvicorn speaks WebSocket for the desk: ``--ws helpdesk.socket_protocol:SocketProtocol``."""

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

RESTARTING = 1001
LINGER_S = 1  # that a peer gets to read why it is disconnected


class SocketProtocol(WebSocketsSansIOProtocol):
    """As uvicorn's own, with two ends of its own.

    A restart is 1001, which the chat protocol promises its clients, not 1012; and it comes after the answers to what
    was taken up. What was not is left to its sender, who repeats it: nothing is stored that is not answered. A peer
    that does not read is closed all the same: uvicorn would wait until it can write.
    """

    leaving = False

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
        self.leaving = True
        self.transport.pause_reading()
        self.read_paused = False  # or `receive` would read on
        while not self.queue.empty():
            self.queue.get_nowait()
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
