"""``LogGroup`` of the log service, written by hand: the four messages are not worth a library.

``LogGroup {1: Log*, 3: topic, 4: source, 6: LogTag*}`` · ``Log {1: uint32 time, 2: Content*, 4: fixed32 nanoseconds}``
· ``Content, LogTag {1: key, 2: value}``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

VARINT, BYTES, FIXED32 = 0, 2, 5  # wire types


@dataclass(frozen=True)
class Log:
    """One line: when, and its fields in order."""

    at: datetime
    contents: Mapping[str, str]


@dataclass(frozen=True)
class LogGroup:
    """What one call stores."""

    logs: list[Log]
    topic: str = ""
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def encode(group: LogGroup) -> bytes:
    """The body of a call."""
    parts = [_field(1, _log(log)) for log in group.logs]
    parts += [_field(number, text.encode()) for number, text in ((3, group.topic), (4, group.source)) if text]
    parts += [_field(6, _pair(key, value)) for key, value in group.tags.items()]
    return b"".join(parts)


def _log(log: Log) -> bytes:
    seconds = int(log.at.timestamp())
    contents = b"".join(_field(2, _pair(key, value)) for key, value in log.contents.items())
    nanoseconds = _key(4, FIXED32) + (log.at.microsecond * 1000).to_bytes(4, "little")
    return _key(1, VARINT) + _varint(seconds) + contents + nanoseconds


def _pair(key: str, value: str) -> bytes:
    return _field(1, key.encode()) + _field(2, value.encode())


def _field(number: int, content: bytes) -> bytes:
    return _key(number, BYTES) + _varint(len(content)) + content


def _key(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def size_of(contents: Iterable[str]) -> int:
    """Bytes that texts take at least, to keep a call below the service's limit."""
    return sum(len(text.encode()) for text in contents)
