"""Frames as text: hostile on the way in, always sendable on the way out."""

import json
import math
from typing import Any

Frame = dict[str, Any]
# Made once: ``json.dumps`` makes an encoder for each call that is not all defaults.
_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
_escaped = json.JSONEncoder(separators=(",", ":"), default=str).encode
MAX_DEPTH = 32  # no honest payload nests deeper


def unpack(text: str | None) -> Frame | None:
    """The frame in ``text``, or None for anything but a JSON object with a string ``type``."""
    try:
        frame = json.loads(text or "", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        return None
    return frame


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")


def pack(frame: Frame) -> str:
    """``frame`` as text; half a surrogate pair, which UTF-8 cannot carry, stays escaped."""
    text = _plain(frame)
    return text if _is_text(text) else _escaped(frame)


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
