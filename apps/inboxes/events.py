from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class InboxChanged:
    """An inbox was made or set up differently; caches of it are stale."""

    inbox_id: int
    at: datetime


@dataclass(frozen=True)
class MailStored:
    """A mail came in and waits to be taken up."""

    mail_id: int
    at: datetime
