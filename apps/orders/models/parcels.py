from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.orders.enums import TROUBLED, ShipmentStatus
from apps.orders.models.orders import Order
from apps.orders.permissions import OrderAction


class ShipmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: all with ``READ``, otherwise none."""
        return access.reachable(self, user, OrderAction.READ)

    def due_for_poll(self, now):
        """Parcels about which a carrier is to be asked."""
        return self.filter(next_poll_at__lte=now)


class Shipment(models.Model):
    """A parcel of an order. ``status`` and what follows come from the carrier, by push or poll.

    ``carrier`` is the carrier's code, the same for every aggregator. ``next_poll_at`` empty: nobody asks.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments", verbose_name=_("order"))
    carrier = models.CharField(_("carrier"), max_length=32)
    tracking_no = models.CharField(_("tracking number"), max_length=64)
    status = models.CharField(
        _("state"), max_length=20, choices=ShipmentStatus, default=ShipmentStatus.PENDING
    )
    substatus = models.CharField(_("carrier's state"), max_length=64, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    eta = models.DateTimeField(_("expected at"), null=True, blank=True)
    last_event_at = models.DateTimeField(_("last news at"), null=True, blank=True)
    last_text = models.CharField(_("last news"), max_length=500, blank=True)
    last_location = models.CharField(_("last seen in"), max_length=200, blank=True)
    subscribed_at = models.DateTimeField(_("subscribed at"), null=True, blank=True)
    next_poll_at = models.DateTimeField(_("asked next at"), null=True, blank=True)
    polled_at = models.DateTimeField(_("last asked at"), null=True, blank=True)
    poll_failures = models.PositiveSmallIntegerField(_("failed enquiries"), default=0)
    exception_at = models.DateTimeField(_("in trouble since"), null=True, blank=True)

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="shipment_number_once", fields=["carrier", "tracking_no"]),
            models.CheckConstraint(name="shipment_number_given", condition=~Q(tracking_no="")),
            models.CheckConstraint(name="shipment_status_known", condition=Q(status__in=ShipmentStatus)),
        ]
        indexes = [
            models.Index(name="shipment_by_number", fields=["tracking_no"]),
            # The sweep reads only parcels that are still followed.
            models.Index(
                name="shipment_due", fields=["next_poll_at"], condition=Q(next_poll_at__isnull=False)
            ),
        ]

    def __str__(self):
        return f"{self.carrier} {self.tracking_no}"

    @property
    def troubled(self) -> bool:
        """Whether somebody should look at it."""
        return self.status in TROUBLED


class TrackingEvent(models.Model):
    """One scan of a parcel; ``key`` is the digest of time, text and place, so that it is stored once."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="events")
    key = models.CharField(max_length=64)
    at = models.DateTimeField(_("time"))
    text = models.CharField(_("text"), max_length=500)
    location = models.CharField(_("place"), max_length=200, blank=True)
    status = models.CharField(_("state"), max_length=20, choices=ShipmentStatus, blank=True)

    class Meta:
        verbose_name = _("tracking event")
        verbose_name_plural = _("tracking events")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(name="tracking_event_once", fields=["shipment", "key"]),
            models.CheckConstraint(
                name="tracking_event_status_known", condition=Q(status="") | Q(status__in=ShipmentStatus)
            ),
        ]
        indexes = [models.Index(name="tracking_event_newest", fields=["shipment", "-at"])]

    def __str__(self):
        return self.text
