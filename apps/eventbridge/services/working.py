"""Workers: each claims one event at a time under a lease, so that a crash delays an event and never loses it."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common import backoff
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.eventbridge import registry
from apps.eventbridge.cloudevents import data_of
from apps.eventbridge.enums import EventState
from apps.eventbridge.errors import NotForUs
from apps.eventbridge.events import InboundEventDied, InboundEventsReceived
from apps.eventbridge.models import InboundEvent
from apps.eventbridge.permissions import EventAction
from apps.eventbridge.registry import EventHandler, ReceivedEvent

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)  # longer than any handler takes
DRAIN_S = 60.0
ERROR_MAX = 2000  # characters


def drain(*, limit: int = 200) -> int:
    """Work on what is due, in each subject's order; how many. Safe to run twice and in parallel."""
    until, done = time.monotonic() + DRAIN_S, 0
    while done < limit and time.monotonic() < until:
        event = claim(now=timezone.now())
        if event is None:
            break
        work_on(event)
        done += 1
    return done


@transaction.atomic
def claim(*, now: datetime) -> InboundEvent | None:
    """Take the oldest due event whose turn it is; None without one. It is ours for ``LEASE``."""
    waiting = InboundEvent.objects.due(now).in_turn(now).select_related("source")
    event = waiting.order_by("due_at", "pk").select_for_update(skip_locked=True, of=("self",)).first()
    if event is not None:
        event.attempts += 1
        event.locked_until = now + LEASE
        event.save(update_fields=["attempts", "locked_until"])
    return event


def work_on(event: InboundEvent) -> None:
    """Call the handlers of a claimed event and note the outcome."""
    handlers = _handlers(event)
    if not handlers:
        return _finish(event, EventState.IGNORED)
    try:
        used = [_used(handler, event) for handler in handlers]
    except Invalid as error:
        return _finish(event, EventState.DEAD, f"{error} {error.fields or ''}".strip())
    except Exception as error:
        logger.warning("Event %s failed.", event.public_id, exc_info=True)
        return _fail(event, f"{type(error).__name__}: {error}")
    return _finish(event, EventState.PROCESSED if any(used) else EventState.IGNORED)


def _handlers(event: InboundEvent) -> list[EventHandler]:
    """Who works on it; nobody when its source may not send this type."""
    return registry.handlers_of(event.type) if event.source.may_send(event.type) else []


def _used(handler: EventHandler, event: InboundEvent) -> bool:
    """Whether ``handler`` had a use for it."""
    try:
        handler(received(event))
    except NotForUs:
        return False
    return True


def received(event: InboundEvent) -> ReceivedEvent:
    """The event as handlers see it."""
    return ReceivedEvent(
        pk=event.pk,
        source=event.source.slug,
        origin=event.origin,
        event_id=event.event_id,
        type=event.type,
        subject=event.subject,
        at=event.occurred_at,
        data=data_of(event.form, bytes(event.raw)),
    )


def _fail(event: InboundEvent, error: str) -> None:
    pause = backoff.pause(event.attempts)
    if pause is None:
        return _finish(event, EventState.DEAD, error)
    return _finish(event, EventState.FAILED, error, due_at=timezone.now() + pause)


@transaction.atomic
def _finish(event: InboundEvent, state: EventState, error: str = "", **fields: datetime) -> None:
    """Unless the lease ran out and another worker has it. Publishes ``InboundEventDied``."""
    now = timezone.now()
    if state in (EventState.PROCESSED, EventState.IGNORED):
        fields["processed_at"] = now
    mine = InboundEvent.objects.filter(pk=event.pk, locked_until=event.locked_until)
    # A text field takes no NUL, whatever an error message quotes.
    kept = error.replace("\x00", "")[:ERROR_MAX]
    if mine.update(state=state, error=kept, locked_until=None, **fields) and state == EventState.DEAD:
        publish(InboundEventDied(event.pk, event.source.slug, event.type, now))


@transaction.atomic
def replay(events: Iterable[InboundEvent], *, actor: Actor, now: datetime | None = None) -> int:
    """Work on ``events`` once more, whatever became of them; how many. Those in a worker's hands are left to it.

    Harmless by what handlers promise. Raises ``AccessDenied``.
    """
    access.require(actor, EventAction.REPLAY)
    now = now or timezone.now()
    chosen = InboundEvent.objects.filter(pk__in=[event.pk for event in events]).order_by("pk")
    chosen = chosen.only("public_id", "state", "locked_until")  # bodies are large, and not needed
    free = [event for event in chosen.select_for_update() if not _held(event, now)]
    for event in free:
        audit.record(actor=actor, action=EventAction.REPLAY, target=event, at=now, was=event.state)
    InboundEvent.objects.filter(pk__in=[event.pk for event in free]).update(
        state=EventState.NEW, attempts=0, due_at=now, error="", processed_at=None, locked_until=None
    )
    if free:
        publish(InboundEventsReceived(count=len(free), at=now))
    return len(free)


def _held(event: InboundEvent, now: datetime) -> bool:
    return event.locked_until is not None and event.locked_until > now


def forget_old(*, now: datetime | None = None) -> int:
    """Delete processed and ignored events older than ``EVENT_KEEP_DAYS``; how many."""
    before = (now or timezone.now()) - timedelta(days=settings.EVENT_KEEP_DAYS)
    done = InboundEvent.objects.filter(state__in=[EventState.PROCESSED, EventState.IGNORED])
    return done.filter(received_at__lt=before).delete()[0]
