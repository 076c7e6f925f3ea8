from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CustomerCreated:
    """Somebody reached the desk for the first time."""

    customer_id: int
    at: datetime


@dataclass(frozen=True)
class CustomerChanged:
    """Name, address, level or notes of a customer are not what they were."""

    customer_id: int
    fields: tuple[str, ...]
    at: datetime
