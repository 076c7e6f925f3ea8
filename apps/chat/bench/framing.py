"""Just enough of RFC 6455 for a load generator: the opening, text frames out, whole frames in.

Frames to the server are masked, as they must be, with the key 0000: what is sent then equals the payload, so that
masking costs the generator nothing. The server unmasks with it as with any other key.
"""

import base64
import os
import struct

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIN, MASKED = 0x80, 0x80
NO_MASK = b"\0\0\0\0"
HEAD_ENDS = b"\r\n\r\n"

Frame = tuple[int, bytes]


class Refused(ConnectionError):
    """The server did not open the socket, or does not speak as we need."""


def opening(host: str, path: str) -> bytes:
    """The request that turns a connection into a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def encode(payload: bytes, opcode: int = TEXT) -> bytes:
    """One whole frame from a client."""
    size = len(payload)
    if size < 126:
        head = bytes((FIN | opcode, MASKED | size))
    elif size < 65_536:
        head = struct.pack("!BBH", FIN | opcode, MASKED | 126, size)
    else:
        head = struct.pack("!BBQ", FIN | opcode, MASKED | 127, size)
    return head + NO_MASK + payload


class Decoder:
    """Cuts what a server sends into frames; as a ``server``, what our generator sends."""

    def __init__(self, *, server: bool = False) -> None:
        self._rest = b""
        self._server = server
        self.open = False  # the other side speaks WebSocket

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete by now, as ``(opcode, payload)``. Raises ``Refused``."""
        self._rest = self._rest + data if self._rest else data
        if not self.open and not self._opened():
            return []
        frames, at = [], 0
        while (found := _frame_at(self._rest, at, self._server)) is not None:
            opcode, start, at = found
            frames.append((opcode, self._rest[start:at]))
        self._rest = self._rest[at:]
        return frames

    def _opened(self) -> bool:
        head, found, rest = self._rest.partition(HEAD_ENDS)
        if not found:
            return False
        if not self._server and b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise Refused(head.split(b"\r\n", 1)[0].decode("latin-1"))
        self.open, self._rest = True, rest
        return True


def _frame_at(data: bytes, at: int, masked: bool) -> tuple[int, int, int] | None:
    """``(opcode, start, end)`` of the frame at ``at``; None while it is not all there."""
    if len(data) < at + 2:
        return None
    first, size, start = data[at], data[at + 1], at + 2
    if not first & FIN or bool(size & MASKED) != masked:
        raise Refused("A frame in pieces, or masked by a server: none of ours sends such.")
    size &= ~MASKED
    if size >= 126:
        start += 2 if size == 126 else 8
        if len(data) < start:
            return None
        size = int.from_bytes(data[at + 2 : start], "big")
    start += len(NO_MASK) if masked else 0
    end = start + size
    return (first & 0x0F, start, end) if len(data) >= end else None
