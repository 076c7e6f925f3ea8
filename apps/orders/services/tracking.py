"""What carriers say about a parcel, merged: in whatever order and however often it comes, the end is the same."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.common.events import publish
from apps.orders.carriers.base import Scan, TrackingSnapshot
from apps.orders.enums import TROUBLED, ShipmentStatus
from apps.orders.events import ShipmentMoved
from apps.orders.models import Shipment, TrackingEvent

NEWS = timedelta(days=2)  # what happened longer ago is history: nobody is told about it
# Of states that claim the same last scan, the later in this list holds.
RANK = {
    status: rank
    for rank, status in enumerate(
        (
            ShipmentStatus.PENDING,
            ShipmentStatus.INFO_RECEIVED,
            ShipmentStatus.IN_TRANSIT,
            ShipmentStatus.CUSTOMS,
            ShipmentStatus.OUT_FOR_DELIVERY,
            ShipmentStatus.AVAILABLE_FOR_PICKUP,
            ShipmentStatus.EXPIRED,
            ShipmentStatus.EXCEPTION,
            ShipmentStatus.ATTEMPT_FAILED,
            ShipmentStatus.RETURNING,
            ShipmentStatus.RETURNED,
            ShipmentStatus.DELIVERED,
        )
    )
}
WRITTEN = [
    "status",
    "substatus",
    "shipped_at",
    "delivered_at",
    "eta",
    "last_event_at",
    "last_text",
    "last_location",
    "exception_at",
]
MILESTONE = {
    ShipmentStatus.IN_TRANSIT: "shipped",
    ShipmentStatus.OUT_FOR_DELIVERY: "out_for_delivery",
    ShipmentStatus.DELIVERED: "delivered",
    **dict.fromkeys(TROUBLED, "exception"),
}


@transaction.atomic
def merge_snapshot(
    shipment: Shipment, snapshot: TrackingSnapshot, *, now: datetime | None = None
) -> Shipment:
    """Add the scans of ``snapshot`` and take its state unless a later scan is known. Publishes ``ShipmentMoved``.

    Scans are a set. The state is that of the snapshot with the latest scan, of several such the one furthest on:
    so a parcel that has arrived goes back only on the word of a newer scan.
    """
    now = now or timezone.now()
    row = Shipment.objects.select_for_update().get(pk=shipment.pk)
    _add_scans(row, snapshot.scans)
    before = ShipmentStatus(row.status)
    latest = max((min(scan.at, now) for scan in snapshot.scans), default=None)
    if _is_newer(row, snapshot.status, latest):
        _take(row, snapshot, latest, now)
    _note_last_scan(row)
    row.save(update_fields=WRITTEN)
    if row.status != before:
        publish(ShipmentMoved(row.pk, row.status, _milestone(row, before, now), now))
    return row


def _add_scans(row: Shipment, scans: tuple[Scan, ...]) -> None:
    events = [
        TrackingEvent(
            shipment=row, key=scan.key, at=scan.at, text=scan.text, location=scan.location, status=scan.status
        )
        for scan in scans
    ]
    TrackingEvent.objects.bulk_create(events, ignore_conflicts=True)


def _is_newer(row: Shipment, status: ShipmentStatus, latest: datetime | None) -> bool:
    """Whether the state ``status``, last scanned at ``latest``, replaces the row's own."""
    if latest is None or row.last_event_at is None:
        return row.last_event_at is None and (latest is not None or RANK[status] >= RANK[_own(row)])
    return (latest, RANK[status]) >= (row.last_event_at, RANK[_own(row)])


def _own(row: Shipment) -> ShipmentStatus:
    return ShipmentStatus(row.status)


def _take(row: Shipment, snapshot: TrackingSnapshot, latest: datetime | None, now: datetime) -> None:
    row.status, row.substatus = snapshot.status, snapshot.substatus
    row.last_event_at = latest
    row.eta = snapshot.eta or row.eta
    is_there = snapshot.status == ShipmentStatus.DELIVERED
    row.delivered_at = (snapshot.delivered_at or latest or now) if is_there else None
    row.exception_at = (row.exception_at or latest or now) if row.troubled else None


def _note_last_scan(row: Shipment) -> None:
    """The newest line is copied to the row, for lists; the oldest tells when the parcel set out."""
    scans = row.events.order_by("-at", "-key")
    newest, oldest = scans.first(), scans.last()
    if newest is not None and oldest is not None:
        row.last_text, row.last_location = newest.text, newest.location
        row.shipped_at = row.shipped_at or oldest.at


def _milestone(row: Shipment, before: ShipmentStatus, now: datetime) -> str:
    """What of a move is worth telling: nothing that is long past, and no trouble that goes on under another name."""
    milestone = MILESTONE.get(_own(row), "")
    if (row.last_event_at or now) < now - NEWS or milestone == MILESTONE.get(before):
        return ""
    if milestone == "shipped" and RANK[before] > RANK[ShipmentStatus.INFO_RECEIVED]:
        return ""
    return milestone
