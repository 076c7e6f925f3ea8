"""Somebody of a partner who manages people looks after those of their own partner alone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access import clients, grants, partners, people, role_sessions
from apps.access.enums import GrantState
from apps.access.models import ApiClient, ApiToken, LockOut, Role, Vendor
from apps.access.signin import factors, links, lockout, sessions
from apps.access.tests.factories import (
    ApiTokenFactory,
    GrantFactory,
    RoleFactory,
    RoleSessionFactory,
    UserFactory,
    VendorFactory,
)
from apps.common.errors import AccessDenied

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return UserFactory(role="manager", vendor=VendorFactory(slug="acme"))


def asked_by(user):
    role = RoleFactory(actions=[])
    return GrantFactory(user=user, role=role, state=GrantState.REQUESTED, requested_by=user)


TOMORROW = timezone.now() + timedelta(days=1)
DEEDS = {
    "make": lambda lead, other: people.create_person(
        actor=lead, username="two", display_name="Two", email="two@x.example", vendor=other.vendor
    ),
    "change": lambda lead, other: people.update_person(other, actor=lead, display_name="New"),
    "password": lambda lead, other: people.set_password(other, actor=lead, password="Sehr-lang-und-gut-77"),
    "invite": lambda lead, other: links.invite(other, actor=lead),
    "factors": lambda lead, other: factors.reset_factors(other, actor=lead),
    "sign out": lambda lead, other: sessions.end_all(other, actor=lead),
    "give": lambda lead, other: grants.give_role(actor=lead, user=other, role=RoleFactory(actions=[])),
    "approve": lambda lead, other: grants.approve_grant(asked_by(other), actor=lead),
    "reject": lambda lead, other: grants.reject_grant(asked_by(other), actor=lead),
    "shorten": lambda lead, other: grants.change_grant(other.grants.get(), actor=lead, not_after=TOMORROW),
    "take": lambda lead, other: grants.revoke_grant(other.grants.get(), actor=lead),
    "unlock": lambda lead, other: lockout.unlock(
        LockOut.objects.create(name=other.username.upper(), ip="10.0.0.1", failures=9, since=timezone.now()),
        actor=lead,
    ),
    "end": lambda lead, other: role_sessions.end_session(RoleSessionFactory(user=other), actor=lead),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_others_are_out_of_reach_and_colleagues_are_not(lead, deed):
    stranger, colleague = (
        UserFactory(role="agent", email=f"{slug}@x.example", password="!", vendor=vendor)
        for slug, vendor in (("a", None), ("b", lead.vendor))
    )

    with pytest.raises(AccessDenied) as refused:
        DEEDS[deed](lead, stranger)

    assert refused.value.code == "forbidden"
    DEEDS[deed](lead, colleague)


def test_the_token_of_a_program_of_the_desk_is_not_theirs(lead):
    """It would be bound neither by their hours nor by the mask."""
    program = UserFactory(is_api_client=True, role="api_client")
    ApiTokenFactory(user=program)

    with pytest.raises(AccessDenied):
        clients.renew_client_token(program, actor=lead)
    with pytest.raises(AccessDenied):
        clients.stop_api_client(program, actor=lead)

    assert ApiToken.objects.get(user=program).revoked_at is None
    ApiToken.objects.all().delete()
    with pytest.raises(AccessDenied):
        clients.stop_api_client(program, actor=lead)


def test_their_own_bounds_are_the_desks_to_set(lead):
    for change in ({"hours": []}, {"slug": "other"}, {"reveals_per_hour": 999}):
        with pytest.raises(AccessDenied):
            partners.update_vendor(lead.vendor, actor=lead, **change)
    with pytest.raises(AccessDenied):
        partners.create_vendor(actor=lead, name="Two", slug="two")

    assert Vendor.objects.get().slug == "acme"


@pytest.mark.parametrize("roles", [[], ["agent"]])
def test_a_partners_people_make_no_programs(lead, roles):
    with pytest.raises(AccessDenied, match="your own partner"):
        clients.create_api_client(actor=lead, name="ERP", roles=Role.objects.filter(slug__in=roles))

    assert not ApiClient.objects.exists()
