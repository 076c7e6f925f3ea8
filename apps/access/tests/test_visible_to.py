"""``visible_to`` and ``can`` say the same of every row: one permission for lists and for details."""

import pytest

from apps.access import services as access
from apps.access.tests.factories import UserFactory
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.chat.tests.factories import (
    ChatSessionFactory,
    QueueFactory,
    active_session,
    closed_session,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.routing.models import Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    """Sessions with the robot, waiting, active and closed, in two queues."""
    first, second = QueueFactory(is_default=True), QueueFactory()
    return [
        ChatSessionFactory(),
        queued_session(queue=first),
        active_session(make_agent(first)),
        closed_session(make_agent(first)),
        queued_session(queue=second),
        active_session(make_agent(second)),
    ]


PEOPLE = {
    "the agent": lambda rows: rows[2].agent,
    "an agent of the queue": lambda rows: make_agent(rows[1].queue),
    "an agent of both queues": lambda rows: make_agent(rows[1].queue, rows[4].queue),
    "an agent of none": lambda rows: make_agent(),
    "a supervisor": lambda rows: make_supervisor(rows[4].queue),
    "a manager": lambda rows: UserFactory(role="manager"),
    "an auditor": lambda rows: UserFactory(role="auditor"),
    "an API client": lambda rows: make_agent(rows[1].queue, role="api_client"),
    "nobody in particular": lambda rows: UserFactory(),
    "an agent without a role": lambda rows: make_agent(rows[1].queue, role=None),
    "somebody who left": lambda rows: UserFactory(role="manager", is_active=False),
    "a superuser": lambda rows: UserFactory(is_superuser=True),
}
SEEN = {
    "the agent": {1, 2, 3},
    "an agent of the queue": {1, 2, 3},
    "an agent of both queues": {1, 2, 3, 4, 5},
    "an agent of none": set(),
    "a supervisor": {4, 5},
    "a manager": {0, 1, 2, 3, 4, 5},
    "an auditor": {0, 1, 2, 3, 4, 5},
    "an API client": {1, 2, 3},
    "nobody in particular": set(),
    "an agent without a role": set(),
    "somebody who left": set(),
    "a superuser": {0, 1, 2, 3, 4, 5},
}


@pytest.mark.parametrize("person", PEOPLE)
def test_lists_and_details_agree(rows, person):
    user = PEOPLE[person](rows)

    listed = set(ChatSession.objects.visible_to(user))

    assert {index for index, row in enumerate(rows) if row in listed} == SEEN[person]
    assert listed == {row for row in rows if access.can(user, ChatAction.READ, row)}


def test_scopes_are_the_queues_one_holds_something_on(rows):
    queue, other = rows[1].queue, rows[4].queue

    assert set(access.scopes_of(make_agent(queue), Queue)) == {queue}
    assert set(access.scopes_of(make_supervisor(queue, other), Queue)) == {queue, other}
    assert not access.scopes_of(UserFactory(is_superuser=True), Queue).exists()
