from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class NotificationQueued:
    """A customer is to be told something; its deliveries wait."""

    notification_id: int
    at: datetime


@dataclass(frozen=True)
class EmailQueued:
    """A mail is in the outbox."""

    email_id: int
    at: datetime


@dataclass(frozen=True)
class DeliveryDied:
    """Something for a customer was given up and waits for somebody to look: ``kind`` is delivery or email."""

    kind: str
    row_id: int
    at: datetime
