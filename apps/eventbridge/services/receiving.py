import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.common.events import publish
from apps.eventbridge import cloudevents, verification
from apps.eventbridge.cloudevents import LIMITS, CloudEvent
from apps.eventbridge.enums import AuthMode, EventForm
from apps.eventbridge.errors import SourceRetired
from apps.eventbridge.events import InboundEventsReceived
from apps.eventbridge.models import EventSource, InboundEvent
from apps.eventbridge.verification import Incoming

# Secrets, and what only says how the bytes travelled.
NOT_KEPT = frozenset(
    {"authorization", "cookie", "x-eventbridge-signature-token", "content-length", "connection"}
)


@dataclass(frozen=True)
class Receipt:
    """What became of a request's events."""

    accepted: int  # stored now
    duplicates: int  # were there before


def receive(source: EventSource, incoming: Incoming, *, now: datetime | None = None) -> Receipt:
    """Verify a request, then store its events once each. Publishes ``InboundEventsReceived`` for new ones.

    Raises ``SourceRetired``, ``BadSignature``, ``StaleTimestamp``, ``CertificateUnavailable``, ``UnknownFormat``,
    ``Invalid``. A batch is stored whole or not at all. Not to be called in a transaction: it may fetch a certificate.
    """
    now = now or timezone.now()
    if not source.is_active:
        raise SourceRetired()
    verification.verify(source, incoming, now=now)
    events = cloudevents.parse(incoming.headers, incoming.raw)
    rows = [_row(source, event, _kept(incoming.headers), now) for event in events]
    accepted = _store(rows, now)
    return Receipt(accepted, len(events) - accepted)


def keep(
    adapter: str,
    *,
    name: str,
    type: str,
    subject: str,
    raw: bytes,
    headers: Mapping[str, str],
    now: datetime | None = None,
) -> bool:
    """Store what an adapter received and verified in its own way; false when the very same was stored before.

    From here on it is an event like the others: worked on by ``handles(type)``, retried, replayable.
    """
    now = now or timezone.now()
    source, _ = EventSource.objects.get_or_create(
        slug=adapter, defaults={"name": name, "auth": AuthMode.ADAPTER}
    )
    event = CloudEvent(
        id=hashlib.sha256(raw).hexdigest(),
        source=adapter,
        type=type,
        subject=subject[: LIMITS["subject"]],
        time=None,
        form=EventForm.BINARY,
        raw=raw,
    )
    return bool(_store([_row(source, event, _kept(headers), now)], now))


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in NOT_KEPT}


def _row(source: EventSource, event: CloudEvent, headers: Mapping[str, str], now: datetime) -> InboundEvent:
    return InboundEvent(
        source=source,
        origin=event.source,
        event_id=event.id,
        type=event.type,
        subject=event.subject,
        # A clock that runs ahead must not push its event behind all that follow.
        occurred_at=min(event.time or now, now),
        form=event.form,
        raw=event.raw,
        headers=headers,
        due_at=now,
        received_at=now,
    )


@transaction.atomic
def _store(rows: list[InboundEvent], now: datetime) -> int:
    """Insert what is not there yet; how many that were. The ids that we made up tell whose row it became."""
    if len(rows) > 1:
        # Batches that overlap take turns: else each might wait for a row of the other. Sorting them would do
        # as well, but events of the same instant are worked on in the order in which they came.
        EventSource.objects.select_for_update(no_key=True).get(pk=rows[0].source_id)
    InboundEvent.objects.bulk_create(rows, ignore_conflicts=True)
    accepted = InboundEvent.objects.filter(public_id__in=[row.public_id for row in rows]).count()
    if accepted:
        publish(InboundEventsReceived(count=accepted, at=now))
    return accepted
