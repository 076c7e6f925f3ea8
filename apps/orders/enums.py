from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderStatus(models.TextChoices):
    """How far an order is, in the shop's words. What the shop may call otherwise reads as ``UNKNOWN``."""

    PENDING = "pending", _("Not paid")
    PAID = "paid", _("Paid")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")
    REFUNDING = "refunding", _("Being refunded")
    REFUNDED = "refunded", _("Refunded")
    UNKNOWN = "unknown", _("Unknown")

    @classmethod
    def read(cls, value: object) -> "OrderStatus":
        """The status that ``value`` names; never fails, since a shop may add words of its own."""
        return cls(value) if value in cls.values else cls.UNKNOWN


class ShipmentStatus(models.TextChoices):
    """Where a parcel is; every carrier's words are mapped to these."""

    PENDING = "pending", _("No news from the carrier yet")
    INFO_RECEIVED = "info_received", _("Announced to the carrier")
    IN_TRANSIT = "in_transit", _("On its way")
    CUSTOMS = "customs", _("At customs")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    AVAILABLE_FOR_PICKUP = "available_for_pickup", _("Ready to be picked up")
    ATTEMPT_FAILED = "attempt_failed", _("Delivery attempt failed")
    DELIVERED = "delivered", _("Delivered")
    RETURNING = "returning", _("On its way back")
    RETURNED = "returned", _("Returned")
    EXCEPTION = "exception", _("Something went wrong")
    EXPIRED = "expired", _("No news for a long time")


# A parcel that is there stays there unless a later event says otherwise.
ARRIVED = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED})
# Somebody should look at these.
TROUBLED = frozenset(
    {
        ShipmentStatus.ATTEMPT_FAILED,
        ShipmentStatus.RETURNING,
        ShipmentStatus.RETURNED,
        ShipmentStatus.EXCEPTION,
        ShipmentStatus.EXPIRED,
    }
)
