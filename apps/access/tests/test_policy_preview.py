from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.enums import GrantKind
from apps.access.models import Policy
from apps.access.policies.preview import changes_of, text_diff
from apps.access.tests.factories import (
    GrantFactory,
    PolicyFactory,
    RoleFactory,
    RoleSessionFactory,
    UserFactory,
    VendorFactory,
)

pytestmark = pytest.mark.django_db
READ, WRITE = "chat:ReadSession", "chat:SendMessage"
SHOES = "acs:helpdesk:*:*:queue/shoes/*"
OFFICE = {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}


def document(*parts):
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Resource": "*", **part} for part in parts]}


def told(changes):
    """By name: what is gained, lost and changed, as texts."""
    return {
        change.user.username: tuple(
            [f"{one.action} {one.where}{' if' * one.conditional}" for one in part]
            for part in (change.gained, change.lost, change.changed)
        )
        for change in changes
    }


@pytest.fixture
def policy():
    """Attached to a role that Mei holds."""
    found = PolicyFactory(document=document({"Action": READ}))
    role = RoleFactory(actions=[])
    role.policies.add(found)
    GrantFactory(user=UserFactory(username="mei"), role=role)
    UserFactory(username="bystander", role="agent")
    return found


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ({"Action": READ}, None),
        ({"Action": [READ, WRITE]}, ([f"{WRITE} *"], [], [])),
        ({"Action": WRITE}, ([f"{WRITE} *"], [f"{READ} *"], [])),
        ({"Action": READ, "Resource": SHOES}, ([], [f"{READ} *"], [])),
        ({"Action": READ, "Condition": OFFICE}, ([], [], [f"{READ} * if"])),
        ({"Action": [READ, WRITE], "Condition": OFFICE}, ([f"{WRITE} * if"], [], [f"{READ} * if"])),
    ],
)
def test_who_has_it_gains_and_loses(policy, part, change):
    assert told(changes_of(policy, document(part))) == ({"mei": change} if change else {})


def test_a_denial_takes_what_another_policy_gives(policy):
    denied = document({"Action": READ}, {"Effect": "Deny", "Action": READ, "Resource": SHOES})

    assert told(changes_of(policy, denied)) == {"mei": ([], [f"{READ} queue/shoes/*"], [])}


def test_a_guardrail_concerns_everybody_even_before_it_is_stored(policy):
    guard = Policy(slug="guard", is_guardrail=True)

    found = told(changes_of(guard, document({"Effect": "Deny", "Action": READ})))

    assert found == {"bystander": ([], [f"{READ} member/*"], []), "mei": ([], [f"{READ} *"], [])}


def test_what_becomes_a_guardrail_allows_no_more(policy):
    changed = document({"Action": READ}, {"Effect": "Deny", "Action": WRITE})

    found = told(changes_of(policy, changed, is_guardrail=True))

    assert found == {"mei": ([], [f"{READ} *"], []), "bystander": ([], [f"{WRITE} member/*"], [])}


def test_hours_partners_and_the_callers_address_are_left_aside(policy):
    role = policy.roles.get()
    role.hours = [
        {"days": [(timezone.now() + timedelta(days=2)).isoweekday()], "from": "08:00", "to": "09:00"}
    ]
    role.save()
    away = UserFactory(username="away", vendor=VendorFactory(networks=["10.0.0.0/8"]))
    GrantFactory(user=away, role=role)

    assert told(changes_of(policy, document({"Action": WRITE}))).keys() == {"mei", "away"}


def test_who_has_taken_the_role_on_is_concerned_and_who_could_is_not(policy):
    RoleSessionFactory(user=UserFactory(username="on"), role=policy.roles.get())
    GrantFactory(user=UserFactory(username="could"), role=policy.roles.get(), kind=GrantKind.ON_DEMAND)

    assert told(changes_of(policy, document({"Action": WRITE}))).keys() == {"mei", "on"}


def test_a_policy_that_no_role_has_concerns_nobody():
    assert changes_of(PolicyFactory(), document({"Action": "*"})) == []
    assert changes_of(Policy(slug="new"), document({"Action": "*"})) == []


def test_it_takes_the_same_queries_for_more_people(policy, django_assert_num_queries):
    with django_assert_num_queries(3):
        assert len(changes_of(policy, document({"Action": WRITE}))) == 1
    for _ in range(30):
        GrantFactory(role=policy.roles.get())
    with django_assert_num_queries(3):
        assert len(changes_of(policy, document({"Action": WRITE}))) == 31


def test_a_diff_of_documents():
    before, after = document({"Action": READ}), document({"Action": WRITE})

    lines = text_diff(before, after)

    assert [line.rstrip(",") for line in lines if line[0] in "+-"] == [
        f'-      "Action": "{READ}"',
        f'+      "Action": "{WRITE}"',
    ]
    assert text_diff(before, before) == []
