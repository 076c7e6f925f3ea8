from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class InboxChanged:
    """An inbox was made or set up differently; caches of it are stale."""

    inbox_id: int
    at: datetime
