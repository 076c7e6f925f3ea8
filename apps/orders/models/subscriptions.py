from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.orders.models.parcels import Shipment

MONTH = timedelta(days=31)
MOST_A_MONTH = 4  # Kuaidi100's rule for one parcel


class ParcelSubscriptionQuerySet(models.QuerySet):
    def of_month(self, now: datetime):
        """Those that count towards the limit."""
        return self.filter(at__gt=now - MONTH)


class ParcelSubscription(models.Model):
    """That an aggregator was asked to push news of a parcel: written before the call, since each attempt counts."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="subscriptions")
    provider = models.CharField(_("aggregator"), max_length=16)
    at = models.DateTimeField(_("time"))
    error = models.CharField(_("error"), max_length=300, blank=True)

    objects = ParcelSubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("parcel subscription")
        verbose_name_plural = _("parcel subscriptions")
        indexes = [models.Index(name="parcel_subscription_newest", fields=["shipment", "-at"])]

    def __str__(self):
        return f"{self.provider} {self.at:%Y-%m-%d}"
