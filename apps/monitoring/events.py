from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class AlertRaised:
    """Something needs a supervisor."""

    alert_id: int
    at: datetime


@dataclass(frozen=True)
class AlertResolved:
    """It no longer does."""

    alert_id: int
    at: datetime
