"""What nobody can take is passed over with all that ask as much, and nothing that asks less."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.routing.models import Offer, QueueEntry
from apps.routing.services import dispatch
from apps.routing.tests.factories import EntryFactory, QueueFactory, SkillFactory, make_agent, teach
from apps.routing.tests.test_able import attach

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SHOES = "acs:helpdesk:*:*:queue/shoes/*"


@pytest.fixture
def shoes():
    return QueueFactory(slug="shoes", skill_hold_seconds=60)


def held(**more):
    return {"preferred_agent": StaffFactory(role="agent"), "preferred_until": timezone.now() + HOUR} | more


def taken():
    return list(Offer.objects.order_by("pk").values_list("entry", flat=True))


@pytest.mark.parametrize("how", ["denied", "skills", "units", "held", "declined long ago"])
def test_as_many_as_nobody_can_take_cost_the_same(shoes, how):
    hats, now = QueueFactory(), timezone.now()
    make_agent(shoes, hats)
    fields = {
        "denied": {},
        "skills": {"skills": ["french"]},
        "units": {"units": 6},
        "held": held(),
        "declined long ago": {"declined_by": [7], "declined_at": now - HOUR, "skills": ["french"]},
    }[how]
    if how == "denied":
        attach(Resource=SHOES)
    costs = []
    for more in (3, 40):
        EntryFactory.create_batch(more, queue=shoes, enqueued_at=now, **fields)
        last = EntryFactory(queue=hats, enqueued_at=now)
        with CaptureQueriesContext(connection) as queries:
            assert dispatch(now=now) == 1
        assert taken()[-1] == last.pk
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_whoever_is_waited_for_and_there_is_asked(shoes):
    there, now = make_agent(shoes), timezone.now()
    EntryFactory(queue=shoes, enqueued_at=now, priority=1, **held())
    full = make_agent(shoes, used_units=5)
    EntryFactory(queue=shoes, enqueued_at=now, priority=1, **held(preferred_agent=full))
    entry = EntryFactory(queue=shoes, enqueued_at=now, **held(preferred_agent=there))
    declined = EntryFactory(queue=shoes, enqueued_at=now, declined_by=[full.pk], **held(preferred_agent=full))

    dispatch(now=now)

    assert taken() == [entry.pk, declined.pk]


MORE = {
    "units": ({"units": 6}, {}),
    "skills": ({"skills": ["french"]}, {}),
    "other skills": ({"skills": ["french"]}, {"skills": ["german"]}),
    "fewer skills": ({"skills": ["french", "german"]}, {"skills": ["german"]}),
    "a hold": (held, {}),
    "the hold of another": (held, lambda: {"preferred_agent": StaffFactory(role="agent")}),
    "a hold that is over": (held, lambda: held(preferred_until=timezone.now() - HOUR)),
}


@pytest.mark.parametrize("asked", MORE)
def test_what_asks_less_is_taken(shoes, asked):
    skill, now = SkillFactory(slug="german"), timezone.now()
    teach(make_agent(shoes), skill)
    hard, easy = (fields() if callable(fields) else fields for fields in MORE[asked])
    EntryFactory.create_batch(2, queue=shoes, enqueued_at=now, priority=1, **hard)
    entry = EntryFactory(queue=shoes, enqueued_at=now, **easy)

    dispatch(now=now)

    assert entry.pk in taken()


def test_what_has_waited_for_its_skills_long_enough_is_taken(shoes):
    make_agent(shoes)
    now = timezone.now()
    EntryFactory.create_batch(2, queue=shoes, enqueued_at=now, priority=1, skills=["french"])
    waited = EntryFactory(queue=shoes, enqueued_at=now - HOUR, skills=["french"])
    counted = EntryFactory(queue=shoes, enqueued_at=now - 2 * HOUR, counted_from=now, skills=["french"])

    dispatch(now=now)

    assert taken() == [waited.pk]
    assert QueueEntry.objects.filter(pk=counted.pk, state="waiting").exists()


def test_the_one_for_whom_it_is_held_gets_what_another_declined_for_a_moment(shoes):
    now, agent, other = timezone.now(), make_agent(shoes), make_agent(shoes)
    just = {"declined_by": [agent.pk, other.pk], "declined_at": now}
    EntryFactory(queue=shoes, enqueued_at=now, priority=1, **just)
    entry = EntryFactory(queue=shoes, enqueued_at=now, **(just | {"declined_by": [other.pk]}))

    dispatch(now=now)

    assert taken() == [entry.pk]
    assert Offer.objects.get().agent == agent
