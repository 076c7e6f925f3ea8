"""The whole API, attacked from its own document as every role: no 500, and no answer unknown to the document."""

import json
from io import StringIO
from itertools import islice

import pytest
import schemathesis
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from apps.access.models import Role
from apps.access.tests.factories import ApiTokenFactory, RoleSessionFactory, UserFactory, VendorFactory
from apps.chat.services.visitors import issue_token
from apps.chat.tests.factories import active_session
from apps.console.tests.fuzz.furnishing import furnish
from apps.console.tests.fuzz.walking import Walk
from apps.console.tests.test_masking_leaks import World, signed_in
from apps.customers.tests.privacy_world import somebody

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(3600)]
ROLES = (
    "superuser",
    "manager",
    "supervisor",
    "agent",
    "auditor",
    "api_client",
    "partner",
    "masked",
    "narrowed",
    "assumed",
    "visitor",
    "anonymous",
)
NARROWED = ["*:Read*", "access:CreateApiClient", "chat:*", "knowledge:*", "tickets:*Ticket"]


@pytest.fixture(scope="module")
def document():
    out = StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def walk(document):
    world = World()
    partner = active_session(queue=world.queue).agent
    partner.vendor = VendorFactory()
    partner.save(update_fields=["vendor"])
    somebody()
    root = UserFactory(is_superuser=True)
    people = {
        "superuser": signed_in(root),
        "agent": signed_in(world.agent),
        "partner": signed_in(partner),
        "masked": signed_in(
            UserFactory(is_superuser=True, vendor=partner.vendor)
        ),  # reaches all, sees little
        **{role: signed_in(UserFactory(role=role)) for role in ("manager", "supervisor", "auditor")},
        "visitor": signed_in_by(issue_token(world.chat, now=timezone.now())),
        "anonymous": Client(raise_request_exception=False),
        **programs(),
    }
    walk = Walk(people)
    walk.pools["/api/v1/offers/"] = furnish(world, root, browser=people["superuser"].session.session_key)
    walk.learn(document, people["superuser"])
    walk.pools["/api/v1/sessions/"].extend([{"session_id": world.chat.public_id}] * 4)  # the visitor's
    return walk


def programs():
    """Callers that come by a token: with all of a role, with part of what somebody may, with a role taken on."""
    deputy = UserFactory(role="agent")
    session = RoleSessionFactory(user=deputy, role=Role.objects.get(slug="manager"))
    return {
        "api_client": by_token("a", user=UserFactory(role="api_client")),
        "narrowed": by_token("n", user=UserFactory(is_superuser=True), scopes=NARROWED),
        "assumed": by_token("d", user=deputy, session=session),
    }


def by_token(letter, **row):
    ApiTokenFactory(token=letter * 43, **row)
    return signed_in_by(letter * 43)


def signed_in_by(token):
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"})


def attack(walk, document, *, examples, people, step=1):
    """``examples`` calls of each operation, right and wrong ones, each by the ``people`` of its number."""
    operations = schemathesis.openapi.from_dict(document).get_all_operations()
    for number, result in islice(enumerate(operations), 0, None, step):
        operation = result.ok()
        cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        call_with(walk, st.one_of(cases), examples=examples, people=people(number))


def call_with(walk, cases, *, examples, people):
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, random=st.randoms(use_true_random=False))
    def call(case, random):
        for person in people:
            walk.send(case, person, random)

    call()


def nothing_wrong(walk):
    if walk.wrong:
        pytest.fail(
            "\n".join(f"{name}\n  {what}" for name, what in sorted(walk.wrong.items())), pytrace=False
        )


def test_a_call_of_every_third_operation(walk, document):
    """`make faults` calls all of them, many times."""
    attack(
        walk,
        document,
        examples=1,
        step=3,
        people=lambda number: [ROLES[number % len(ROLES)] if number % 2 else "superuser"],
    )

    nothing_wrong(walk)
    assert walk.answers["2xx"] > 10


@pytest.mark.faults_long
@pytest.mark.parametrize("role", ROLES)
def test_many_calls_of_each_operation(walk, document, role):
    attack(walk, document, examples=40, people=lambda number: [role])

    nothing_wrong(walk)
    assert walk.is_known(role) == (role not in ("visitor", "anonymous")), "signed out on the way"
