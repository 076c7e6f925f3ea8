"""SLA clocks. Everything here runs with the ticket locked, so that a clock has one writer at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit import services as audit
from apps.common.events import publish
from apps.tickets.business_time import OpenTime
from apps.tickets.enums import DONE, PAUSED, SlaMetric, SlaState
from apps.tickets.events import SlaBreached, SlaWarned
from apps.tickets.models import SlaClock, SlaPolicy, SlaTarget, Ticket
from apps.tickets.permissions import TicketAction
from apps.tickets.selectors import policy_for

BATCH = 500  # tickets of one sweep


@dataclass(frozen=True)
class Promise:
    """What holds for a ticket: a policy, and its target for each metric that has one."""

    policy: SlaPolicy
    spans: dict[str, timedelta]


def start_clocks(ticket: Ticket, *, now: datetime) -> None:
    """Begin what the policy of a new ticket promises; nothing where no policy matches."""
    clocks: dict[str, SlaClock] = {}
    _aim(ticket, clocks, now)
    _note_state(ticket, clocks.values())


def follow(ticket: Ticket, *, now: datetime, retarget: bool = False) -> None:
    """Bring the clocks in line with the locked ticket after a change of its fields.

    Stops what is met, pauses and resumes the resolution by status; ``retarget`` looks the targets up again, keeping
    the time that was used. Publishes ``SlaBreached`` for a clock that turns out to have been overdue.
    """
    clocks = {clock.metric: clock for clock in ticket.clocks.select_related("calendar")}
    for clock in clocks.values():
        _note_overdue(clock, now)
    if retarget and ticket.status not in DONE:
        _aim(ticket, clocks, now)
    for clock in clocks.values():
        _steer(ticket, clock, now)
    _note_state(ticket, clocks.values())


def _promised(ticket: Ticket) -> Promise | None:
    policy = policy_for(ticket)
    target = policy and SlaTarget.objects.filter(policy=policy, priority=ticket.priority).first()
    if policy is None or target is None:
        return None
    spans = {metric: getattr(target, metric) for metric in SlaMetric.values}
    return Promise(policy, {metric: span for metric, span in spans.items() if span})


def _aim(ticket: Ticket, clocks: dict[str, SlaClock], now: datetime) -> None:
    """Give each unmet clock the target that holds now; add what is new, give up what is gone."""
    promise = _promised(ticket)
    spans = promise.spans if promise else {}
    for metric in [*clocks]:
        if metric not in spans and clocks[metric].stopped_at is None:
            clocks.pop(metric).delete()  # the audit keeps what it had to say
    if promise is None:
        return
    open_time = OpenTime.of(promise.policy.calendar)
    for metric in spans:
        if metric not in clocks:
            clocks[metric] = _begun(ticket, metric, promise, open_time)
        elif clocks[metric].stopped_at is None:
            _retarget(clocks[metric], promise, open_time, now)


def _begun(ticket: Ticket, metric: str, promise: Promise, open_time: OpenTime) -> SlaClock:
    """A clock that has run since the ticket came, or was met already."""
    clock = SlaClock(
        ticket=ticket,
        metric=metric,
        policy=promise.policy,
        calendar=promise.policy.calendar,
        target=promise.spans[metric],
        warn_percent=promise.policy.warn_percent,
        started_at=ticket.created_at,
        resumed_at=ticket.created_at,
        stopped_at=ticket.first_response_at if metric == SlaMetric.FIRST_RESPONSE else None,
    )
    _set_due(clock, open_time)
    clock.save()
    return clock


def _retarget(clock: SlaClock, promise: Promise, open_time: OpenTime, now: datetime) -> None:
    """Another promise, or other hours, for the same wait: the time used so far still counts."""
    clock.elapsed = _elapsed(clock, now)
    clock.policy, clock.calendar = promise.policy, promise.policy.calendar
    clock.target, clock.warn_percent = promise.spans[clock.metric], promise.policy.warn_percent
    clock.resumed_at = now
    if clock.elapsed < clock.target:
        clock.breached_at = None
    if clock.elapsed < _warning(clock):
        clock.warned_at = None
    if clock.paused_at is None:
        _set_due(clock, open_time)
    clock.save()


def _steer(ticket: Ticket, clock: SlaClock, now: datetime) -> None:
    """Stop, pause or resume ``clock`` as the status of its ticket says."""
    if _is_met(ticket, clock):
        if clock.stopped_at is None:
            _stop(clock, now)
    elif clock.metric == SlaMetric.RESOLUTION and ticket.status in PAUSED:
        if clock.paused_at is None:
            _pause(clock, now)
    elif clock.paused_at or clock.stopped_at:
        _resume(clock, now)


def _is_met(ticket: Ticket, clock: SlaClock) -> bool:
    answered = clock.metric == SlaMetric.FIRST_RESPONSE and ticket.first_response_at is not None
    return answered or ticket.status in DONE


def _elapsed(clock: SlaClock, now: datetime) -> timedelta:
    """Open time used at ``now``."""
    if clock.paused_at or clock.stopped_at:
        return clock.elapsed
    return clock.elapsed + OpenTime.of(clock.calendar).between(clock.resumed_at, now)


def _stop(clock: SlaClock, now: datetime) -> None:
    clock.elapsed = _elapsed(clock, now)
    clock.stopped_at, clock.paused_at = now, None
    clock.save()


def _pause(clock: SlaClock, now: datetime) -> None:
    clock.elapsed = _elapsed(clock, now)
    clock.paused_at, clock.stopped_at = now, None
    clock.due_at = clock.warn_due_at = None
    clock.save()


def _resume(clock: SlaClock, now: datetime) -> None:
    clock.paused_at = clock.stopped_at = None
    clock.resumed_at = now
    _set_due(clock, OpenTime.of(clock.calendar))
    clock.save()


def _set_due(clock: SlaClock, open_time: OpenTime) -> None:
    clock.due_at = open_time.after(clock.resumed_at, clock.target - clock.elapsed)
    clock.warn_due_at = open_time.after(clock.resumed_at, _warning(clock) - clock.elapsed)


def _warning(clock: SlaClock) -> timedelta:
    """The open time after which we warn."""
    return clock.target * clock.warn_percent / 100


def _note_overdue(clock: SlaClock, now: datetime) -> bool:
    """Note that the time of a ticking clock is over; False when it is not, or was noted before."""
    ticks = clock.stopped_at is None and clock.paused_at is None and clock.breached_at is None
    if not ticks or clock.due_at is None or clock.due_at > now:
        return False
    clock.breached_at = clock.due_at
    clock.save(update_fields=["breached_at"])
    _tell(clock, SlaBreached, now)
    return True


def _note_nearly_due(clock: SlaClock, now: datetime) -> bool:
    ticks = clock.stopped_at is None and clock.paused_at is None and clock.breached_at is None
    if not ticks or clock.warned_at or clock.warn_due_at is None or clock.warn_due_at > now:
        return False
    clock.warned_at = now
    clock.save(update_fields=["warned_at"])
    _tell(clock, SlaWarned, now)
    return True


def _tell(clock: SlaClock, event: type[SlaWarned] | type[SlaBreached], now: datetime) -> None:
    due_at = clock.due_at or now
    publish(event(clock.ticket_id, clock.pk, clock.metric, due_at, now))
    audit.record(
        actor=SYSTEM,
        action=TicketAction.SWEEP,
        target=clock,
        at=now,
        event=event.__name__,
        ticket=clock.ticket_id,
        metric=clock.metric,
    )


def _note_state(ticket: Ticket, clocks: Iterable[SlaClock]) -> None:
    """Keep on the ticket's row the worst state and the next due time of what is not met."""
    unmet = [clock for clock in clocks if clock.stopped_at is None]
    ticket.sla_state = worst_state(unmet)
    ticket.next_due_at = min((clock.due_at for clock in unmet if clock.due_at), default=None)
    Ticket.objects.filter(pk=ticket.pk).update(sla_state=ticket.sla_state, next_due_at=ticket.next_due_at)


def worst_state(unmet: Iterable[SlaClock]) -> str:
    """What a list shows of clocks that are not met."""
    states = {_state(clock) for clock in unmet}
    order = (SlaState.BREACHED, SlaState.WARNED, SlaState.OK, SlaState.PAUSED)
    return next((state for state in order if state in states), SlaState.NONE)


def _state(clock: SlaClock) -> str:
    if clock.breached_at:
        return SlaState.BREACHED
    if clock.paused_at:
        return SlaState.PAUSED
    return SlaState.WARNED if clock.warned_at else SlaState.OK


def sweep_sla(*, now: datetime | None = None) -> int:
    """Warn of what is due soon and note what is overdue, each once; how many. Safe to run twice and in parallel."""
    now = now or timezone.now()
    due = (
        SlaClock.objects.to_warn(now).values("ticket").union(SlaClock.objects.to_breach(now).values("ticket"))
    )
    return sum(_sweep_ticket(pk, now) for pk in due.values_list("ticket", flat=True)[:BATCH])


@transaction.atomic
def _sweep_ticket(pk: int, now: datetime) -> int:
    """One ticket; skipped while somebody else has it, the next sweep finds it."""
    ticket = (
        Ticket.objects.select_for_update(no_key=True, skip_locked=True).defer("search").filter(pk=pk).first()
    )
    if ticket is None:
        return 0
    clocks = list(ticket.clocks.all())
    # Overdue first: nobody is warned of what is over.
    noted = sum(_note_overdue(clock, now) or _note_nearly_due(clock, now) for clock in clocks)
    if noted:
        _note_state(ticket, clocks)
    return noted
