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


@dataclass(frozen=True)
class ShipmentMoved:
    """A parcel has another state.

    ``milestone`` is what of it is worth telling: shipped, out_for_delivery, delivered, exception; or "".
    """

    shipment_id: int
    status: str
    milestone: str
    at: datetime


@dataclass(frozen=True)
class ParcelsDue:
    """Carriers are to be asked about some parcels now."""

    at: datetime
