from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class AccessChanged:
    """Somebody's access changed. The audit, an app above, writes it down in the same transaction."""

    action: str
    actor: Any
    target: Any
    data: dict[str, Any] = field(default_factory=dict)
