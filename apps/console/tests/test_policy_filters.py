"""What a list shows is what each of its rows would answer, whatever the policies say."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.access import services as access
from apps.access.policies.decisions import Bundle, PolicySet
from apps.access.policies.document import parse
from apps.access.tests.factories import UserFactory
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.chat.tests.factories import ChatSessionFactory
from apps.common import context
from apps.routing.models import SERVE, Queue
from apps.routing.models import QueueUserObjectPermission as Membership
from apps.routing.permissions import RoutingAction
from apps.routing.tests.factories import QueueFactory
from apps.tickets.models import Ticket
from apps.tickets.permissions import TicketAction
from apps.tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db
PREFIX = "acs:helpdesk:*:*:"
RESOURCES = [
    "*",
    "member/*",
    "queue/shoes/*",
    "queue/sh*/*",
    "queue/?ats",
    "inbox/web/*",
    "session/*",
    "ticket/*",
]
LISTED = [
    (ChatSession, ChatAction.READ),
    (Ticket, TicketAction.READ),
    (Queue, RoutingAction.READ_QUEUE),
]


def some(texts):
    return st.lists(st.sampled_from(texts), min_size=1, max_size=2)


statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": some(
            ["chat:ReadSession", "tickets:ReadTicket", "routing:ReadQueue", "chat:*", "*:Read*", "*"]
        ),
        "Resource": some([PREFIX + text for text in RESOURCES]),
    },
    optional={
        "Condition": st.sampled_from(
            [
                {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
                {"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
                {"Bool": {"acs:MFAPresent": "true"}},
            ]
        )
    },
)
documents = st.builds(
    lambda parts: {"Version": "1", "Statement": parts}, st.lists(statements, min_size=1, max_size=3)
)


@pytest.fixture
def agent(db):
    """A colleague who serves the shoes, with chats and tickets in each kind of place there is."""
    agent = UserFactory()
    shoes, hats = QueueFactory(slug="shoes"), QueueFactory(slug="hats")
    serve = Membership._meta.get_field("permission").related_model.objects.get(codename=SERVE)
    Membership.objects.create(user=agent, content_object=shoes, permission=serve)
    for queue in (shoes, hats, None):
        for owner in (agent, None):
            ChatSessionFactory(queue=queue, agent=owner, closed=True)
            TicketFactory(queue=queue, assignee=owner)
    return agent


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(documents, min_size=1, max_size=2),
    st.none() | documents,
    st.sampled_from(["10.1.1.1", "203.0.113.9"]),
)
def test_lists_answer_as_their_rows(agent, policies, narrowing, ip):
    narrow = parse(narrowing) if narrowing else None
    held = PolicySet(tuple(Bundle(str(at), parse(part), narrow) for at, part in enumerate(policies)))
    call = context.RequestContext(ip=ip, source="http", memo={("access.policies", agent.pk, None): held})

    with context.use(call):
        for model, action in LISTED:
            listed = set(model.objects.visible_to(agent))
            assert listed == {row for row in model.objects.all() if access.can(agent, action, row)}, model
