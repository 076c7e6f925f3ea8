"""What happens to chats. Ids only: receivers load what they need."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ChatSessionOpened:
    """A customer opened a new session; it is with the robot."""

    session_id: int
    at: datetime


@dataclass(frozen=True)
class CustomerAskedRobot:
    """A customer wrote into a chat that is with the robot."""

    session_id: int
    at: datetime


@dataclass(frozen=True)
class ChatSessionQueued:
    """The session waits for a human."""

    session_id: int
    queue_id: int
    at: datetime


@dataclass(frozen=True)
class ChatSessionReturned:
    """A waiting customer went back to the robot. Atomic subscribers may add lines to the same transaction."""

    session_id: int
    at: datetime


@dataclass(frozen=True)
class ChatSessionAccepted:
    """An agent took the session."""

    session_id: int
    agent_id: int
    at: datetime


@dataclass(frozen=True)
class ChatSessionClosing:
    """The session is being closed. Atomic subscribers may add rows to the same transaction."""

    session_id: int
    reason: str
    at: datetime


@dataclass(frozen=True)
class ChatSessionClosed:
    """The session is closed."""

    session_id: int
    reason: str
    at: datetime


@dataclass(frozen=True)
class ReceiptMoved:
    """A delivered, read or given-up mark of ``side`` moved."""

    session_id: int
    side: str
