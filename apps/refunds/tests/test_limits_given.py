"""A role that decides about money is given by who decides about as much."""

import pytest

from apps.access import clients, grants
from apps.access.policies.services import attach, change_policy
from apps.access.reach import RoleBeyondOwn
from apps.access.tests.factories import PolicyFactory, RoleFactory, UserFactory
from apps.access.tests.test_policies import saying
from apps.access.tests.test_reach import holder
from apps.refunds.models import RefundLimit

pytestmark = pytest.mark.django_db


def deciding(amount, role=None):
    role = role or RoleFactory(actions=["refunds:ApproveRefundAny"])
    RefundLimit.objects.create(role=role, currency="CNY", own_amount=1, approve_amount=amount)
    return role


def test_a_role_is_given_by_who_decides_about_as_much():
    giver = holder(actions=["refunds:ApproveRefundAny"])
    deciding(5, giver.role)

    with pytest.raises(RoleBeyondOwn):
        grants.give_role(actor=giver, user=giver, role=deciding(6))
    grants.give_role(actor=giver, user=UserFactory(), role=deciding(5))


@pytest.mark.parametrize("way", ["actions", "policies", "document"])
def test_a_role_with_a_higher_limit_learns_to_decide_from_who_decides_about_as_much(way):
    giver = holder(actions=["refunds:ApproveRefundAny"])
    deciding(5, giver.role)
    says = saying(action="refunds:ApproveRefund")

    def teach(role):
        if way == "document":
            policy = PolicyFactory(document=saying())
            role.policies.add(policy)
            return change_policy(policy, actor=giver, version=1, document=says)
        if way == "policies":
            return attach(role, [PolicyFactory(document=says)], actor=giver)
        role.actions = ["refunds:ApproveRefundAny"]
        return clients.save_role(role, actor=giver)

    with pytest.raises(RoleBeyondOwn):
        teach(deciding(6, RoleFactory(actions=[])))
    teach(deciding(5, RoleFactory(actions=[])))


def test_who_sets_the_limits_gives_any():
    grants.give_role(actor=UserFactory(role="manager"), user=UserFactory(), role=deciding(10**6))
