"""What the aggregators' modules share in reading."""

from typing import Any

from apps.common.http import Answer, Unreachable
from apps.orders.carriers.base import PLACE_MAX, TEXT_MAX, CarrierBusy

HOUR_S = 3600
PAUSE_S = 60  # after a 429 that does not say how long


def keys_of(setting: str) -> list[str]:
    """The keys of a setting, the current one first."""
    return [key.strip() for key in setting.split(",") if key.strip()]


def in_text(value: Any, most: int) -> str:
    """``value`` as a text that the database takes, cut at ``most`` characters; "" for what is none."""
    if not isinstance(value, str | int | float):
        return ""
    clean = str(value).replace("\x00", "").encode("utf-8", "replace").decode()
    return clean.strip()[:most]


def texts(text: Any, place: Any) -> tuple[str, str]:
    """Text and place of a scan."""
    return in_text(text, TEXT_MAX), in_text(place, PLACE_MAX)


def refuse_busy(name: str, answer: Answer) -> None:
    """Raises ``CarrierBusy`` for 429, ``Unreachable`` for 5xx."""
    if answer.status == 429:
        raise CarrierBusy(name, retry_after=answer.retry_after or PAUSE_S)
    if answer.status >= 500:
        raise Unreachable(name, f"HTTP {answer.status}", sent=True)
