"""What managers set: queues, calendars, rules, who serves which queue, and how much each agent may hold."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time

from django.contrib.auth.models import Permission
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.audit.services import record, save_recorded
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.routing import selectors
from apps.routing.enums import Weekday
from apps.routing.events import HoursChanged, PresenceChanged, QueueChanged
from apps.routing.models import (
    SERVE,
    SUPERVISE,
    AgentSeat,
    Queue,
    QueueEntry,
    QueueUserObjectPermission,
    RoutingRule,
    ServiceCalendar,
    ServiceHours,
    SpecialHours,
    SpecialPeriod,
)
from apps.routing.permissions import RoutingAction
from apps.routing.services.seats import seat_of

OPENS, MIDNIGHT = time(8), time(0)  # what a new calendar has until a manager says otherwise


@transaction.atomic
def save_configuration(
    row: models.Model,
    *,
    actor: Actor,
    changed: Iterable[str] = (),
    related: Mapping[str, Iterable[models.Model]] | None = None,
    now: datetime | None = None,
) -> models.Model:
    """Store a queue, calendar, period, hours, skill, step or rule; ``changed`` adds names to those of its fields.

    ``related`` sets many-to-many fields. Other hours bring what waits for the opening forward, or put it off.
    """
    access.require(actor, RoutingAction.MANAGE_QUEUES, row if row.pk else None)
    save_recorded(
        row, actor=actor, action=RoutingAction.MANAGE_QUEUES, changed=changed, related=related, at=now
    )
    _follow_hours(row, now or timezone.now())
    if isinstance(row, Queue):
        publish(QueueChanged(row.pk))
    return row


@transaction.atomic
def open_default_week(calendar: ServiceCalendar, *, actor: Actor) -> None:
    """Give a calendar without hours the usual ones, 08:00 to midnight on every day. Raises ``AccessDenied``."""
    if calendar.hours.exists():
        return
    for weekday in Weekday:
        hours = ServiceHours(calendar=calendar, weekday=weekday, opens=OPENS, closes=MIDNIGHT)
        save_configuration(hours, actor=actor)


def _follow_hours(row: models.Model, now: datetime) -> None:
    """Where ``row`` has a say in the hours: wait for the opening as it is now."""
    queues = Queue.objects.filter(_with_hours_of(row)).select_related("calendar")
    for queue in queues.order_by("pk"):
        _put_off(queue, now)


def _with_hours_of(row: models.Model) -> Q:
    """Condition on a queue: ``row`` has a say in its hours."""
    if isinstance(row, Queue):
        return Q(pk=row.pk)
    if isinstance(row, ServiceCalendar):
        return Q(calendar=row.pk)
    if isinstance(row, ServiceHours | SpecialPeriod):
        return Q(calendar=row.calendar_id)
    return Q(calendar=row.period.calendar_id) if isinstance(row, SpecialHours) else Q(pk=None)


def _put_off(queue: Queue, now: datetime) -> None:
    """What came out of hours becomes eligible at the next opening of ``queue``, or now when it is open."""
    later = QueueEntry.objects.in_queue().filter(queue=queue, eligible_at__gt=now)
    if not later.exists():
        return
    opening = selectors.opening(queue, now)
    eligible_at = opening.opens_at or now
    later.update(eligible_at=eligible_at, counted_from=eligible_at)
    publish(QueueChanged(queue.pk))
    publish(HoursChanged(queue.pk))


@transaction.atomic
def delete_configuration(row: models.Model, *, actor: Actor, now: datetime | None = None) -> None:
    """Remove a queue, calendar, hours or rule; one that work refers to is protected by the database."""
    access.require(actor, RoutingAction.MANAGE_QUEUES, row)
    record(actor=actor, action=RoutingAction.MANAGE_QUEUES, target=row, at=now, deleted=str(row))
    row.delete()
    _follow_hours(row, now or timezone.now())


@transaction.atomic
def order_rules(keys: Sequence[int], *, actor: Actor, now: datetime | None = None) -> list[RoutingRule]:
    """Put the rules of ``keys`` first, in that order, the others behind them as they were; all, as they stand then.

    Raises ``AccessDenied``, or ``Invalid`` for a rule that is not there or is named twice.
    """
    access.require(actor, RoutingAction.MANAGE_QUEUES)
    rules = {rule.pk: rule for rule in RoutingRule.objects.select_for_update().order_by("pk")}
    if len(set(keys)) < len(keys) or not rules.keys() >= set(keys):
        raise Invalid(fields={"rules": [_("Name rules that exist, each once.")]})
    before = sorted(rules, key=lambda pk: (rules[pk].position, pk))
    after = [*keys, *(pk for pk in before if pk not in set(keys))]
    for place, pk in enumerate(after, start=1):
        rules[pk].position = place
    RoutingRule.objects.bulk_update(rules.values(), ["position"])
    record(
        actor=actor,
        action=RoutingAction.MANAGE_QUEUES,
        at=now,
        changed=["order"],
        before=before,
        after=after,
    )
    return [rules[pk] for pk in after]


@transaction.atomic
def set_members(
    queue: Queue,
    *,
    agents: Iterable[User],
    supervisors: Iterable[User],
    actor: Actor,
    now: datetime | None = None,
) -> None:
    """Make exactly ``agents`` serve and ``supervisors`` supervise ``queue``. Agents get a seat; groups stay."""
    access.require(actor, RoutingAction.MANAGE_QUEUES, queue)
    now = now or timezone.now()
    agents = list(agents)
    for codename, users in ((SERVE, agents), (SUPERVISE, list(supervisors))):
        _set_holders(queue, codename, users, actor=actor, now=now)
    for agent in agents:
        publish(PresenceChanged(seat_of(agent).user_id))
    publish(QueueChanged(queue.pk))


def _set_holders(queue: Queue, codename: str, users: list[User], *, actor: Actor, now: datetime) -> None:
    permission = Permission.objects.get(content_type__app_label="routing", codename=codename)
    held = QueueUserObjectPermission.objects.filter(content_object=queue, permission=permission)
    before, after = set(held.values_list("user_id", flat=True)), {user.pk for user in users}
    if before == after:
        return
    held.exclude(user__in=after).delete()
    QueueUserObjectPermission.objects.bulk_create(
        QueueUserObjectPermission(content_object=queue, permission=permission, user_id=pk)
        for pk in sorted(after - before)
    )
    record(
        actor=actor,
        action=RoutingAction.MANAGE_QUEUES,
        target=queue,
        at=now,
        permission=codename,
        added=sorted(after - before),
        removed=sorted(before - after),
    )


@transaction.atomic
def set_capacity(user: User, *, max_units: int, actor: Actor, now: datetime | None = None) -> AgentSeat:
    """Let ``user`` hold up to ``max_units``; below what they hold now, they merely get nothing new."""
    access.require(actor, RoutingAction.MANAGE_SEATS)
    seats = AgentSeat.objects.filter(pk=seat_of(user).pk)
    seats.update(max_units=max_units, excess_units=Greatest(Value(0), F("used_units") - Value(max_units)))
    seat = seats.select_related("user").get()
    record(actor=actor, action=RoutingAction.MANAGE_SEATS, target=seat, at=now, max_units=max_units)
    publish(PresenceChanged(user.pk))
    return seat
