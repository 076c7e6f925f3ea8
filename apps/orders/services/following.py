"""Keeping up with parcels: each is subscribed to once, and asked about where pushes fail to come.

A parcel's ``next_poll_at`` is its row in the outbox: claimed under a lease, called without a transaction, rescheduled.
"""

import logging
import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.signing import BadSignature as BadToken
from django.core.signing import Signer
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.common.errors import NotFound, RateLimited
from apps.common.events import publish
from apps.common.http import Unreachable
from apps.orders import carriers
from apps.orders.carriers.base import CarrierBusy, CarrierRefused, Parcel, TrackingSnapshot
from apps.orders.enums import ARRIVED, ShipmentStatus
from apps.orders.events import ParcelsDue
from apps.orders.models import ParcelSubscription, Shipment
from apps.orders.models.subscriptions import MOST_A_MONTH
from apps.orders.permissions import OrderAction
from apps.orders.services.tracking import merge_snapshot

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)  # longer than a batch takes
REST = timedelta(minutes=30)  # between two questions about one parcel; sooner locks its number
SILENCE = timedelta(hours=6)  # after which we ask though pushes were promised
USUAL = timedelta(hours=2)  # between questions about a parcel that is not subscribed to
IDLE = timedelta(hours=6)  # until somebody configures an aggregator
LONGEST = timedelta(hours=24)
FOLLOWED = timedelta(days=60)  # from its last news; then nobody asks any more
FAILURES_COUNTED = 6
ERROR_MAX = 300
EAGER = frozenset({ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.ATTEMPT_FAILED})
BATCH = 40
_signer = Signer(salt="orders.carriers.push")


def follow_new(order_id: int, *, now: datetime) -> int:
    """Have the parcels of an order followed that nobody follows yet; how many. In the caller's transaction."""
    unknown = Shipment.objects.filter(
        order_id=order_id, next_poll_at=None, polled_at=None, subscribed_at=None
    ).exclude(shipped_at__lt=now - FOLLOWED)
    found = unknown.update(next_poll_at=now)
    if found:
        publish(ParcelsDue(at=now))
    return found


def follow_due(*, limit: int = BATCH) -> int:
    """Subscribe to due parcels and ask about them; how many. Safe to run twice and in parallel."""
    parcels = claim_due(now=timezone.now(), limit=limit)
    for name, group in groupby(sorted(parcels, key=_provider_of), key=_provider_of):
        chosen = list(group)
        if not name:
            _put_off(chosen, timezone.now() + IDLE)
        elif (until := paused_until(name)) is not None:
            _put_off(chosen, until)
        else:
            _follow(name, chosen)
    return len(parcels)


def _provider_of(shipment: Shipment) -> str:
    return carriers.provider_name(shipment.carrier)


@transaction.atomic
def claim_due(*, now: datetime, limit: int) -> list[Shipment]:
    """The parcels due the longest. Should their worker die, they are due again after ``LEASE``."""
    due = Shipment.objects.due_for_poll(now).select_related("order").order_by("next_poll_at", "pk")
    found = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
    for parcel in found:
        parcel.next_poll_at = now + LEASE
    Shipment.objects.bulk_update(found, ["next_poll_at"])
    return found


def _follow(name: str, parcels: Sequence[Shipment]) -> None:
    """One aggregator's share of what is due; when it has enough of us, what is left waits."""
    provider = carriers.provider(name)
    try:
        for parcel in parcels:
            _subscribe(provider, parcel)
        for start in range(0, len(parcels), provider.batch):
            _ask(provider, parcels[start : start + provider.batch])
    except CarrierBusy as error:
        logger.warning("%s", error)
        _put_off(parcels, _pause(name, error.retry_after))


def _subscribe(provider: carriers.TrackingProvider, parcel: Shipment) -> None:
    """Once per parcel, again after its subscription ended; within the aggregators' monthly limit."""
    now = timezone.now()
    spent = parcel.subscriptions.of_month(now).count()  # type: ignore[attr-defined]
    is_there = parcel.status in ARRIVED and not provider.answers_registered_only
    if parcel.subscribed_at is not None or is_there or spent >= MOST_A_MONTH:
        return
    attempt = ParcelSubscription.objects.create(shipment=parcel, provider=provider.name, at=now)
    try:
        provider.register(_named(provider.name, parcel))
    except CarrierBusy:
        attempt.delete()
        raise
    except (Unreachable, CarrierRefused) as error:  # asking may work nevertheless
        ParcelSubscription.objects.filter(pk=attempt.pk).update(error=str(error)[:ERROR_MAX])
        return
    parcel.subscribed_at = now
    Shipment.objects.filter(pk=parcel.pk).update(subscribed_at=now)


def _ask(provider: carriers.TrackingProvider, parcels: Sequence[Shipment]) -> None:
    """What is asked is noted before the call: a worker that dies must not ask again at once."""
    now = timezone.now()
    for parcel in parcels:
        if not _rested(parcel, now):
            _settle(parcel, next_poll_at=parcel.polled_at + REST)  # type: ignore[operator]
    asked = {parcel.tracking_no: parcel for parcel in parcels if _rested(parcel, now)}
    if not asked:
        return
    Shipment.objects.filter(pk__in=[parcel.pk for parcel in asked.values()]).update(polled_at=now)
    try:
        fetched = provider.fetch([_named(provider.name, parcel) for parcel in asked.values()])
    except (Unreachable, CarrierRefused) as error:
        for parcel in asked.values():
            _failed(parcel, str(error))
        return
    for number, parcel in asked.items():
        if number in fetched.snapshots:
            _succeeded(parcel, fetched.snapshots[number])
        else:
            _failed(parcel, fetched.refused.get(number, "no answer"))


def _rested(parcel: Shipment, now: datetime) -> bool:
    return parcel.polled_at is None or parcel.polled_at <= now - REST


def _succeeded(parcel: Shipment, snapshot: TrackingSnapshot) -> None:
    row = merge_snapshot(parcel, snapshot)
    _settle(parcel, poll_failures=0, next_poll_at=_next_poll(row, timezone.now()))


def _failed(parcel: Shipment, reason: str) -> None:
    logger.info("No news of parcel %s: %s", parcel.pk, reason)
    pause = (
        min(REST * 2**parcel.poll_failures, LONGEST) if parcel.poll_failures < FAILURES_COUNTED else LONGEST
    )
    failures = min(parcel.poll_failures + 1, FAILURES_COUNTED)
    _settle(parcel, poll_failures=failures, next_poll_at=timezone.now() + _spread(pause))


def _next_poll(row: Shipment, now: datetime) -> datetime | None:
    """When to ask again; None for a parcel that has arrived or that nothing was heard of for long."""
    if row.status in ARRIVED or (row.last_event_at or row.shipped_at or now) < now - FOLLOWED:
        return None
    if row.subscribed_at is not None:
        return now + _spread(SILENCE)
    return now + _spread(REST if row.status in EAGER else USUAL)


def _spread(pause: timedelta) -> timedelta:
    """A little more than ``pause``, so that what began together does not stay together."""
    return pause * random.uniform(1, 1.2)  # noqa: S311


def _settle(parcel: Shipment, **changes: Any) -> None:
    """Unless a push, or another worker after the lease, has scheduled the parcel meanwhile."""
    Shipment.objects.filter(pk=parcel.pk, next_poll_at=parcel.next_poll_at).update(**changes)


def _put_off(parcels: Iterable[Shipment], until: datetime) -> None:
    for parcel in parcels:
        _settle(parcel, next_poll_at=until + _spread(timedelta(seconds=10)))


def _pause(name: str, seconds: float) -> datetime:
    """Leave the aggregator alone for ``seconds``, all workers together; until when."""
    until = timezone.now() + timedelta(seconds=seconds)
    with suppress(Exception):
        cache.set(f"carriers:{name}:paused", until, timeout=seconds)
    return until


def paused_until(name: str) -> datetime | None:
    """Until when the aggregator wants to be left alone; None when it does not, or without a cache."""
    with suppress(Exception):
        return cache.get(f"carriers:{name}:paused")
    return None


def _named(provider: str, parcel: Shipment) -> Parcel:
    return Parcel(
        tag=str(parcel.pk),
        number=parcel.tracking_no,
        carrier=parcel.carrier,
        phone_tail=parcel.order.phone_tail,
        callback=settings.PUBLIC_BASE_URL + reverse("carrier-push", args=[push_token(provider, parcel)]),
    )


def push_token(provider: str, parcel: Shipment) -> str:
    """The part of a push's address that nobody can guess: their MD5 alone proves little."""
    return _signer.sign(f"{provider}:{parcel.pk}").partition(":")[2]


def parcel_of_token(provider: str, token: str) -> Shipment:
    """The parcel whose push may come with ``token``. Raises ``NotFound``."""
    try:
        key = _signer.unsign(f"{provider}:{token}").partition(":")[2]
    except BadToken as error:
        raise NotFound() from error
    parcel = Shipment.objects.filter(pk=key).first()
    if parcel is None:
        raise NotFound()
    return parcel


def take_push(provider: str, content: Any, *, at: datetime) -> Shipment:
    """Merge what an aggregator pushed ``at``. Raises ``Invalid``, or ``NotFound`` for a parcel that is not ours."""
    snapshot = carriers.PROVIDERS[provider]().parse(content)
    parcel = _pushed(provider, snapshot.number)
    row = merge_snapshot(parcel, snapshot, now=at)
    _reschedule(row, ended=snapshot.ended, now=timezone.now())
    return row


def _pushed(provider: str, number: str) -> Shipment:
    """The newest parcel with this number that ``provider`` follows: numbers are used again after some years."""
    found = Shipment.objects.filter(tracking_no=number).order_by("-pk")
    parcel = next((row for row in found if carriers.provider_name(row.carrier) == provider), None)
    if parcel is None:
        raise NotFound()
    return parcel


def _reschedule(row: Shipment, *, ended: bool, now: datetime) -> None:
    """News put off asking. A subscription that ended is made anew after a rest, while the parcel is on its way."""
    over = row.status in ARRIVED or (ended and row.status == ShipmentStatus.EXPIRED)
    changes: dict[str, Any] = {"poll_failures": 0, "next_poll_at": None if over else now + _spread(SILENCE)}
    if ended:
        changes["subscribed_at"] = None
        changes["next_poll_at"] = None if over else now + REST
    Shipment.objects.filter(pk=row.pk).update(**changes)


def refresh_parcel(parcel: Shipment, *, actor: Actor, now: datetime | None = None) -> None:
    """Have the carrier asked as soon as a worker is free. Raises ``AccessDenied``.

    Raises ``RateLimited`` with ``retry_after`` where the parcel was asked about within ``REST``.
    """
    access.require(actor, OrderAction.REFRESH)
    now = now or timezone.now()
    if not _rested(parcel, now):
        wait = parcel.polled_at + REST - now  # type: ignore[operator]
        raise RateLimited(_("The carrier was asked a moment ago."), retry_after=int(wait.total_seconds()) + 1)
    Shipment.objects.filter(pk=parcel.pk).update(next_poll_at=now)
    publish(ParcelsDue(at=now))
