from datetime import date, time, timedelta

import factory
from django.contrib.auth.models import Permission
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.access.models import User
from apps.access.tests.factories import StaffFactory
from apps.routing.enums import AssignedBy, EntryState, Intent, OverflowAction, OverflowTrigger
from apps.routing.models import (
    SERVE,
    SUPERVISE,
    AgentSeat,
    AgentSkill,
    Assignment,
    OverflowStep,
    Queue,
    QueueEntry,
    QueueUserObjectPermission,
    RoutingRule,
    ServiceCalendar,
    ServiceHours,
    Skill,
    SpecialPeriod,
)
from apps.routing.rules import Decision
from apps.routing.services import enqueue

KIND = "errand"  # an item that nobody above routing owns


class CalendarFactory(factory.django.DjangoModelFactory):
    """A calendar in Shanghai without hours."""

    class Meta:
        model = ServiceCalendar

    name = factory.Sequence("Calendar {}".format)
    zone = "Asia/Shanghai"


class HoursFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ServiceHours

    calendar = factory.SubFactory(CalendarFactory)
    weekday = 0
    opens = time(9)
    closes = time(18)


class QueueFactory(factory.django.DjangoModelFactory):
    """A queue that is always open."""

    class Meta:
        model = Queue

    slug = factory.Sequence("queue-{}".format)
    name = factory.Sequence("Queue {}".format)


class RuleFactory(factory.django.DjangoModelFactory):
    """A rule that matches everything."""

    class Meta:
        model = RoutingRule

    position = factory.Sequence(int)
    name = "Anything"
    queue = factory.SubFactory(QueueFactory)


class StepFactory(factory.django.DjangoModelFactory):
    """A rung that offers a message when anything waits before the item."""

    class Meta:
        model = OverflowStep

    queue = factory.SubFactory(QueueFactory)
    position = factory.Sequence(int)
    trigger = OverflowTrigger.WAITING
    threshold = 1
    action = OverflowAction.OFFER_TICKET


class PeriodFactory(factory.django.DjangoModelFactory):
    """A period of one day, closed."""

    class Meta:
        model = SpecialPeriod

    calendar = factory.SubFactory(CalendarFactory)
    name = "Holiday"
    first_day = date(2026, 11, 11)
    last_day = factory.SelfAttribute("first_day")


class SkillFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Skill

    slug = factory.Sequence("skill-{}".format)
    name = factory.Sequence("Skill {}".format)


class EntryFactory(factory.django.DjangoModelFactory):
    """An entry that waits since just now."""

    class Meta:
        model = QueueEntry

    kind = KIND
    item_id = factory.Sequence(lambda n: n + 1)
    queue = factory.SubFactory(QueueFactory)
    enqueued_at = factory.LazyFunction(timezone.now)
    eligible_at = factory.SelfAttribute("enqueued_at")
    counted_from = factory.SelfAttribute("enqueued_at")


class AssignmentFactory(factory.django.DjangoModelFactory):
    """An assignment that lasted ``seconds`` and ended just now; its seat holds nothing."""

    class Meta:
        model = Assignment

    class Params:
        seconds = 100

    entry = factory.SubFactory(
        EntryFactory, queue=factory.SelfAttribute("..queue"), state=EntryState.LEFT, ended_at=timezone.now()
    )
    queue = factory.SubFactory(QueueFactory)
    kind = factory.SelfAttribute("entry.kind")
    item_id = factory.SelfAttribute("entry.item_id")
    agent = factory.SubFactory(StaffFactory)
    units = 1
    assigned_by = AssignedBy.OFFER
    ended_at = factory.LazyFunction(timezone.now)
    started_at = factory.LazyAttribute(lambda row: row.ended_at - timedelta(seconds=row.seconds))
    end_reason = "closed"


def allow(user: User, queue: Queue, codename: str = SERVE) -> None:
    """Give ``user`` an object permission on ``queue``."""
    permission = Permission.objects.get(content_type__app_label="routing", codename=codename)
    QueueUserObjectPermission.objects.create(user=user, content_object=queue, permission=permission)


def make_agent(*queues: Queue, role: str = "agent", online: bool = True, **seat) -> User:
    """An agent who serves ``queues``; online with 5 units, unless ``seat`` says otherwise."""
    user = StaffFactory(role=role)
    for queue in queues:
        allow(user, queue)
    present = (
        {"intent": Intent.ONLINE, "lease_until": timezone.now() + timedelta(seconds=90)} if online else {}
    )
    AgentSeat.objects.create(user=user, **{**present, **seat})
    return user


def teach(agent: User, *skills: Skill) -> None:
    """Give ``agent`` the ``skills``."""
    AgentSkill.objects.bulk_create(AgentSkill(agent=agent, skill=skill) for skill in skills)


def make_supervisor(*queues: Queue) -> User:
    """A supervisor of ``queues``."""
    user = StaffFactory(role="supervisor")
    for queue in queues:
        allow(user, queue, SUPERVISE)
    return user


def put(item_id: int, queue: Queue, *, actor=SYSTEM, priority: int = 0, **options) -> QueueEntry:
    """Enqueue the item ``item_id``."""
    decision = Decision(queue, priority, trace=["by hand"])
    return enqueue(kind=KIND, item_id=item_id, decision=decision, actor=actor, **options)
