from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class AccessChanged:
    """Somebody's access changed. The audit, an app above, writes it down in the same transaction."""

    action: str
    actor: Any
    target: Any
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GlassBroken:
    """Somebody took on a role for emergencies."""

    role_session_id: int
    at: datetime


@dataclass(frozen=True)
class RevealBudgetSpent:
    """Somebody has uncovered as many masked fields as they may in an hour."""

    user_id: int
    at: datetime
