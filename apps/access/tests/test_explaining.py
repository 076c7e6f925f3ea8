from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access import services as access
from apps.access.enums import GrantKind, GrantState
from apps.access.models import Role
from apps.access.policies.explaining import as_json, explain
from apps.access.tests.factories import (
    GrantFactory,
    PolicyFactory,
    RoleFactory,
    UserFactory,
    VendorFactory,
)
from apps.common import context
from apps.common.errors import Invalid

pytestmark = pytest.mark.django_db
READ, APPROVE = "chat:ReadSession", "refunds:ApproveRefund"


def holder(*statements, **fields):
    """Somebody whose only role has a policy of ``statements``."""
    role = RoleFactory(name="Night", slug="night", actions=[], **fields)
    parts = [{"Effect": "Allow", "Action": READ, "Resource": "*", **part} for part in statements]
    role.policies.add(PolicyFactory(slug="ours", document={"Version": "1", "Statement": parts}))
    return GrantFactory(user=UserFactory(), role=role).user


def test_the_deciding_statement_is_named():
    user = holder({}, {"Effect": "Deny", "Condition": {"Bool": {"acs:MFAPresent": "false"}}})

    refused, allowed = explain(user, READ), explain(user, READ, mfa=True)

    assert (refused.allowed, refused.deciding.statement.index, refused.deciding.via) == (False, 1, "night")
    assert (allowed.allowed, allowed.deciding.statement.index) == (True, 0)
    assert [one.applies for one in allowed.considered] == [True, False]
    assert as_json(refused)["deciding"]["statement"]["Effect"] == "Deny"


def test_a_superuser_is_bound_by_nothing():
    found = explain(UserFactory(is_superuser=True), READ)

    assert (found.allowed, found.deciding.policy) == (True, "superuser")


def test_actions_are_found_in_any_case_and_their_twins_ask_for_everything():
    user = UserFactory(role="agent")

    assert explain(user, "CHAT:readsession").allowed
    assert not explain(user, "chat:ReadSessionAny").allowed


@pytest.mark.parametrize(
    ("action", "resource", "field"),
    [
        ("chat:Fly", "*", "action"),
        (READ, "planet/earth", "resource"),
        (READ, "session/none", "resource"),
        (READ, "queue/none/*", "resource"),
    ],
)
def test_what_the_desk_does_not_know_is_refused(action, resource, field):
    with pytest.raises(Invalid) as caught:
        explain(UserFactory(), action, resource)

    assert list(caught.value.fields) == [field]


def test_the_amount_of_no_refund_may_fit():
    limited = {"Action": APPROVE, "Condition": {"NumericLessThan": {"helpdesk:Amount": "500"}}}

    found = explain(holder(limited), APPROVE)

    assert found.allowed
    assert found.considered[-1].applies


def test_where_the_asker_is_does_not_count():
    user = holder({"Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}})
    user.vendor = VendorFactory(networks=["10.0.0.0/8"])
    user.save()

    with context.use(context.RequestContext(ip="203.0.113.9", source="http", facts={"scopes": ["audit:*"]})):
        assert explain(user, READ, ip="10.1.2.3").allowed
        outside = explain(user, READ, ip="203.0.113.9")

    assert (outside.allowed, len(outside.considered)) == (False, 1)
    assert outside.reasons == ["The address is in none of the networks of the partner who sends them."]


def test_what_would_have_to_change():
    user = holder({"Resource": "acs:helpdesk:*:*:queue/shoes/*"})

    reasons = explain(user, READ, "member/*").reasons

    assert reasons[0] == "“ours [0]” allows it on queue/shoes/* only."
    assert reasons[-1] == "Roles that would allow it: Agent, Auditor, Manager, Supervisor."


@pytest.mark.parametrize(
    ("grant", "words"),
    [
        ({"state": GrantState.REQUESTED}, "waits for approval"),
        ({"not_before": timedelta(hours=1)}, "they have it from"),
        ({"not_after": timedelta(hours=-1)}, "they had it until"),
        ({"kind": GrantKind.ON_DEMAND}, "they can take it on"),
    ],
)
def test_a_role_that_is_worth_nothing_yet_is_named(grant, words):
    now = timezone.now()
    times = {name: now + value if isinstance(value, timedelta) else value for name, value in grant.items()}
    user = GrantFactory(user=UserFactory(), role=RoleFactory(name="Night", actions=[READ]), **times).user

    reasons = explain(user, READ).reasons

    assert any("“Night”" in reason and words in reason for reason in reasons)


def test_a_role_outside_of_its_hours_is_named():
    tomorrow = (timezone.now() + timedelta(days=2)).isoweekday()
    user = holder({}, hours=[{"days": [tomorrow], "from": "08:00", "to": "09:00"}])

    found = explain(user, READ)

    assert not found.allowed
    assert "Their role “Night” would allow it, within its hours." in found.reasons


@pytest.mark.parametrize("role", ["agent", "auditor"])
def test_it_answers_as_the_desk_does(role):
    user = UserFactory(role=role)

    for action in Role.objects.get(slug="manager").actions:
        assert explain(user, action).allowed is access.can(user, action), action
