from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class OrderChanged:
    """The mirror of an order changed.

    ``milestone`` is what has just come true and is worth telling: paid, shipped, delivered, cancelled, refunded; or "".
    """

    order_id: int
    milestone: str
    at: datetime
