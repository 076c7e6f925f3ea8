"""Chats are offered to who may take them there: what accepting and reading ask, offering asks before."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.access.models import Policy, Role
from apps.chat import services
from apps.chat.takers import takers
from apps.chat.tests.factories import QueueFactory, make_agent, queued_session
from apps.common.errors import AccessDenied
from apps.routing import services as routing
from apps.routing.models import Offer

pytestmark = pytest.mark.django_db


def deny(action, resource="*", **rest):
    """A policy that denies agents ``action``."""
    statement = {"Effect": "Deny", "Action": action, "Resource": resource} | rest
    policy = Policy.objects.create(
        slug="stop", name="Stop", document={"Version": "1", "Statement": [statement]}
    )
    Role.objects.get(slug="agent").policies.add(policy)


@pytest.mark.parametrize("action", ["chat:AcceptSession", "chat:ReadSession"])
def test_who_may_not_take_a_chat_is_not_offered_it(action):
    queue = QueueFactory(slug="shoes")
    barred, colleague = make_agent(queue), make_agent(queue, role="supervisor", max_units=1)
    session, _waits = queued_session(queue=queue), queued_session(queue=queue)
    deny(action, "acs:helpdesk:*:*:queue/shoes/*")

    assert routing.dispatch() == 1  # the second one waits for somebody who may

    assert Offer.objects.get().agent == colleague
    assert takers(session, [barred, colleague]) == {colleague.pk}
    if action == "chat:AcceptSession":
        with pytest.raises(AccessDenied):
            services.claim_session(session, actor=barred)


def test_a_denial_over_one_inbox_counts_for_its_chats_alone():
    queue = QueueFactory()
    agent = make_agent(queue)
    first, second = queued_session(queue=queue), queued_session(queue=queue)
    deny("chat:AcceptSession", f"acs:helpdesk:*:*:inbox/{first.inbox.slug}/*")

    routing.dispatch()

    assert first.inbox_id != second.inbox_id
    assert list(Offer.objects.values_list("entry__item_id", "agent")) == [(second.pk, agent.pk)]


def test_chats_that_are_denied_cost_the_same_however_many():
    queue, costs = QueueFactory(), []
    make_agent(queue)
    first = queued_session(queue=queue)
    deny("chat:AcceptSession", f"acs:helpdesk:*:*:inbox/{first.inbox.slug}/*")
    for more in (3, 10):
        for _ in range(more):
            queued_session(queue=queue, inbox=first.inbox)
        other = queued_session(queue=queue)
        with CaptureQueriesContext(connection) as queries:
            assert routing.dispatch() == 1
        assert Offer.objects.last().entry.item_id == other.pk
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_transfers_are_judged_where_the_colleague_was_last_seen():
    queue = QueueFactory()
    office, home = {"acs:sourceip": "10.1.2.3"}, {"acs:sourceip": "203.0.113.7"}
    there, elsewhere = make_agent(queue, situation=office), make_agent(queue, situation=home)
    session = queued_session(queue=queue)
    deny("chat:AcceptSession", Condition={"NotIpAddress": {"acs:SourceIp": "10.1.0.0/16"}})

    assert takers(session, [there, elsewhere]) == {there.pk}
