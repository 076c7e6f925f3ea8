"""Parcels for the tests of following, and what became of them."""

from datetime import timedelta

from django.utils import timezone

from apps.orders.models import Shipment
from apps.orders.tests.factories import ShipmentFactory

YT, SF, DHL = "YT7719283746103", "SF1029384756101", "JJD000390007176"
HALF_HOUR, DAY = timedelta(minutes=30), timedelta(days=1)


def due(number=YT, carrier="yuantong", **fields):
    """A parcel that is to be asked about now."""
    fields = {"status": "pending", "next_poll_at": timezone.now() - timedelta(seconds=1)} | fields
    return ShipmentFactory(tracking_no=number, carrier=carrier, **fields)


def reloaded(parcel):
    return Shipment.objects.get(pk=parcel.pk)


def wait_of(parcel):
    return reloaded(parcel).next_poll_at - timezone.now()


def calls(carriers):
    return [call["path"].rpartition("/")[2] for call in carriers.calls]
