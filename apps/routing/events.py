"""What routing tells the apps above it. Ids, mostly; ``kind`` and ``item_id`` name the work item of its owner."""

from dataclasses import dataclass

from apps.access.models import User


@dataclass(frozen=True)
class WorkMoving:
    """A work item is about to move: sent inside the transaction, before routing locks any row.

    The owner of the item subscribes with ``atomic=True`` and locks its own row, so that the order
    "work item → queue entry → seat → assignment" holds on every path and nobody deadlocks.
    """

    kind: str
    item_id: int


@dataclass(frozen=True)
class WorkQueued:
    """An item waits (again) in a queue."""

    kind: str
    item_id: int
    queue_id: int


@dataclass(frozen=True)
class WorkOffered:
    """One agent is asked."""

    kind: str
    item_id: int
    offer_id: str
    agent_id: int


@dataclass(frozen=True)
class OfferEnded:
    """An offer is over; ``outcome`` is its final ``OfferState``."""

    kind: str
    item_id: int
    offer_id: str
    agent_id: int
    outcome: str


@dataclass(frozen=True)
class WorkAssigned:
    """An agent has the item. The owner subscribes with ``atomic=True`` and follows in the same transaction.

    ``accepted_by`` is whoever accepted an offer, as they came: only routing was asked then, and the owner may refuse.
    """

    kind: str
    item_id: int
    assignment_id: int
    agent_id: int
    queue_id: int
    accepted_by: User | None = None


@dataclass(frozen=True)
class WorkReleased:
    """An agent no longer has the item and their units are free."""

    kind: str
    item_id: int
    assignment_id: int
    agent_id: int
    queue_id: int
    reason: str


@dataclass(frozen=True)
class WorkOverflowed:
    """A rung of a queue's ladder was reached by an item. The owner subscribes with ``atomic=True`` and follows.

    ``action`` is an ``OverflowAction``; ``queue_id`` is where the item waits now, after a move the new one.
    """

    kind: str
    item_id: int
    step_id: int
    action: str
    queue_id: int


@dataclass(frozen=True)
class QueueChanged:
    """Places or figures of a queue may differ from what was last shown."""

    queue_id: int


@dataclass(frozen=True)
class HoursChanged:
    """What waited for the opening of a queue may be eligible at another time by now."""

    queue_id: int


@dataclass(frozen=True)
class PresenceChanged:
    """State, reason or capacity of an agent changed."""

    user_id: int


@dataclass(frozen=True)
class SeatLapsed:
    """The lease of an agent ran out: they are offline, and their live work is for others to take."""

    user_id: int
