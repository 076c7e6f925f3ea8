"""Work is offered to whom the one decision function allows it, where they were last seen."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.models import Policy, Role
from apps.access.tests.factories import RoleSessionFactory, StaffFactory, VendorFactory
from apps.common import context
from apps.common.context import RequestContext
from apps.common.errors import AccessDenied
from apps.routing import services
from apps.routing.able import Roll
from apps.routing.enums import EntryState, Intent, OfferState
from apps.routing.models import Offer, QueueEntry
from apps.routing.services import dispatch, renew_lease, rest_barred, set_presence
from apps.routing.services.seats import seat_of
from apps.routing.tests.checks import assert_consistent
from apps.routing.tests.factories import QueueFactory, allow, make_agent, put

pytestmark = pytest.mark.django_db
ANSWER = "routing:AnswerOffer"


def attach(role="agent", **part):
    """A policy of one statement on a role."""
    statement = {"Effect": "Deny", "Action": ANSWER, "Resource": "*"} | part
    policy = Policy.objects.create(
        slug="extra", name="Extra", document={"Version": "1", "Statement": [statement]}
    )
    Role.objects.get(slug=role).policies.add(policy)


def seen_at(ip, *, mfa=False):
    return {"acs:sourceip": ip, "acs:mfapresent": mfa, "helpdesk:source": "socket"}


def asked():
    return list(Offer.objects.order_by("pk").values_list("entry__item_id", "agent"))


def test_a_denial_by_policy_counts():
    queue = QueueFactory()
    make_agent(queue)
    put(1, queue)
    attach()

    assert dispatch() == 0
    assert QueueEntry.objects.get().state == EntryState.WAITING


def test_a_denial_over_one_queue_leaves_the_others():
    shoes, hats = QueueFactory(slug="shoes"), QueueFactory(slug="hats")
    agent = make_agent(shoes, hats)
    put(1, shoes)
    put(2, hats)
    attach(Resource="acs:helpdesk:*:*:queue/shoes/*")

    dispatch()

    assert asked() == [(2, agent.pk)]


def test_an_action_that_comes_by_an_attached_policy_counts():
    queue = QueueFactory()
    Role.objects.create(slug="bare", name="Bare", actions=["routing:SetPresence"])
    agent = make_agent(queue, role="bare")
    attach(role="bare", Effect="Allow", Resource="member/*")
    put(1, queue)

    dispatch()

    assert asked() == [(1, agent.pk)]


def test_an_assumed_role_counts_as_long_as_it_lasts():
    queue, now = QueueFactory(), timezone.now()
    agent = make_agent(queue, role="auditor")
    RoleSessionFactory(user=agent, role=Role.objects.get(slug="agent"), not_after=now + timedelta(seconds=60))
    put(1, queue)

    assert Roll(now + timedelta(seconds=60)).able(QueueEntry.objects.get()) == []
    assert Roll(now + timedelta(seconds=59)).able(QueueEntry.objects.get()) == [agent.pk]
    assert dispatch() == 1


def test_hours_of_the_role_count():
    queue, now = QueueFactory(), timezone.now()
    make_agent(queue)
    role = Role.objects.get(slug="agent")
    role.zone, role.hours = "UTC", [{"days": [(now.weekday() + 3) % 7 + 1], "from": "00:00", "to": "24:00"}]
    role.save()
    put(1, queue)

    assert dispatch() == 0


def test_a_partner_off_board_gets_nothing():
    queue = QueueFactory()
    agent = make_agent(queue)
    agent.vendor = VendorFactory(ends_on=timezone.now().date() - timedelta(days=2))
    agent.save()
    put(1, queue)

    assert dispatch() == 0


@pytest.mark.parametrize(
    ("ip", "offers"), [("10.1.2.3", 1), ("203.0.113.7", 0)], ids=["in the office", "elsewhere"]
)
def test_conditions_are_asked_of_where_the_seat_was_last_seen(ip, offers):
    queue = QueueFactory()
    make_agent(queue, situation=seen_at(ip))
    put(1, queue)
    attach(Condition={"NotIpAddress": {"acs:SourceIp": "10.1.0.0/16"}})

    assert dispatch() == offers


def test_a_second_factor_is_asked_of_the_seat():
    queue = QueueFactory()
    strong = make_agent(queue, lease_until=timezone.now() + timedelta(seconds=9))
    make_agent(queue, situation=seen_at("10.1.2.3"))
    put(1, queue)
    put(2, queue)
    attach(Condition={"Bool": {"acs:MFAPresent": "false"}})
    services.renew_lease(strong, situation=seen_at("10.1.2.3", mfa=True), now=timezone.now())

    dispatch()

    assert [agent for _item, agent in asked()] == [strong.pk, strong.pk]


def test_a_superuser_is_bound_by_no_policy():
    queue = QueueFactory()
    boss = make_agent(queue)
    boss.is_superuser = True
    boss.save()
    attach()
    put(1, queue)

    assert dispatch() == 1


def test_the_lease_brings_where_the_socket_is():
    agent, now = make_agent(lease_until=timezone.now() + timedelta(seconds=10)), timezone.now()

    renew_lease(agent, situation=seen_at("10.1.2.3"), now=now)
    assert seat_of(agent).situation == seen_at("10.1.2.3")

    renew_lease(agent, now=now + timedelta(seconds=80))  # by whom nothing is known
    assert seat_of(agent).situation == seen_at("10.1.2.3")


def test_going_online_says_from_where_and_others_do_not():
    agent, manager = make_agent(online=False), StaffFactory(role="manager")

    with context.use(RequestContext(ip="10.1.2.3", source="http", memo={}, facts={"mfa": True})):
        set_presence(agent, state=Intent.ONLINE, actor=agent)
    with context.use(RequestContext(ip="203.0.113.7", source="http", memo={})):
        set_presence(agent, state=Intent.ONLINE, actor=manager)

    assert seat_of(agent).situation == {
        "acs:sourceip": "10.1.2.3",
        "acs:mfapresent": True,
        "helpdesk:source": "http",
    }


def test_who_may_take_nothing_does_not_go_online_but_off():
    agent = make_agent(online=False)
    attach()

    with pytest.raises(AccessDenied):
        set_presence(agent, state=Intent.ONLINE, actor=agent)

    assert set_presence(agent, state=Intent.BREAK, actor=agent).intent == Intent.BREAK


def test_who_may_be_offered_nothing_any_more_is_put_on_a_break():
    queue = QueueFactory()
    agent, other = make_agent(queue), make_agent(queue, role="supervisor")
    put(1, queue)
    services.claim("errand", 1, actor=agent)
    put(2, queue, actor=agent)
    dispatch()
    attach()

    assert [rest_barred(), rest_barred()] == [1, 0]

    seat = seat_of(agent)
    assert (seat.intent, seat.reason, seat.used_units) == (Intent.BREAK, "not_allowed", 1)  # theirs to finish
    assert seat_of(other).intent == Intent.ONLINE
    assert not Offer.objects.filter(agent=agent, state=OfferState.PENDING).exists()
    assert_consistent()


@pytest.mark.parametrize("agents", [1, 20])
def test_asking_costs_three_queries_however_many_are_there(agents, django_assert_num_queries):
    queue = QueueFactory()
    for _ in range(agents):
        make_agent(queue)
    entry, roll = put(1, queue), Roll(timezone.now())

    with django_assert_num_queries(3):
        assert len(roll.able(entry)) == agents
        roll.able(entry)


def test_a_queue_served_by_nobody_who_may_is_passed_over_and_blocks_nobody():
    shoes, hats = QueueFactory(slug="shoes"), QueueFactory(slug="hats")
    agent = make_agent(shoes)
    allow(agent, hats)
    attach(Resource="acs:helpdesk:*:*:queue/shoes/*")
    for item in range(3):
        put(item, shoes)
    put(9, hats)

    assert dispatch() == 1
    assert asked() == [(9, agent.pk)]
