"""Frames as text: hostile on the way in, always sendable on the way out.

By ``orjson``, which takes a tenth of the standard library's time; what it refuses, the standard library looks at.
"""

import json
import math
from typing import Any

import orjson

Frame = dict[str, Any]
MAX_DEPTH = 32  # no honest payload nests deeper


def unpack(text: str | None) -> Frame | None:
    """The frame in ``text``, or None for anything but a JSON object with a string ``type``."""
    frame = _read(text or "")
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        return None
    return frame


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return _read_leniently(text)


def _read_leniently(text: str) -> Any:
    """Half a surrogate pair, or no number: their sender gets to know what is wrong."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def pack(frame: Frame) -> str:
    """``frame`` as text; half a surrogate pair, which UTF-8 cannot carry, stays escaped."""
    try:
        return orjson.dumps(frame, default=str).decode()
    except TypeError:
        return json.dumps(frame, separators=(",", ":"), default=str)


def is_storable(value: Any, *, depth: int = MAX_DEPTH) -> bool:
    """Whether PostgreSQL can keep ``value``: no NUL, no half surrogate pair, no infinity, not nested too deep."""
    if isinstance(value, str):
        return _is_text(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        return depth > 0 and all(is_storable(item, depth=depth - 1) for item in value)
    return value is None or isinstance(value, int)  # bool is one; anything else is not JSON


def _is_text(text: str) -> bool:
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
