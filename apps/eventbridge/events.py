from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class InboundEventsReceived:
    """Verified events were stored, or are to be worked on again."""

    count: int
    at: datetime


@dataclass(frozen=True)
class InboundEventDied:
    """An event from outside was given up; somebody should look and replay it."""

    event_pk: int
    source: str  # slug of its source
    type: str
    at: datetime
