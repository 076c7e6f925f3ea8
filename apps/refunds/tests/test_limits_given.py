"""A role that decides about money is given by who decides about as much."""

import pytest

from apps.access import grants
from apps.access.reach import RoleBeyondOwn
from apps.access.tests.factories import RoleFactory, UserFactory
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


def test_who_sets_the_limits_gives_any():
    grants.give_role(actor=UserFactory(role="manager"), user=UserFactory(), role=deciding(10**6))
