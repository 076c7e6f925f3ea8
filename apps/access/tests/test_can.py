from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import ROBOT, SYSTEM
from apps.access.models import Grant, Role
from apps.access.registry import default_actions, known_actions
from apps.access.tests.factories import ROLES, GrantFactory, UserFactory
from apps.common.errors import AccessDenied
from apps.routing.models import Queue

pytestmark = pytest.mark.django_db
SEND, READ_AUDIT, TOKEN = "chat:SendMessage", "audit:ReadEvents", "access:CreateToken"


@dataclass
class Owned:
    """An object that belongs to one user and lies in no scope."""

    owner: object

    def access_scope(self):
        return None

    def belongs_to(self, user):
        return user == self.owner


class InScope:
    """Lies in a queue on which nobody holds anything."""

    def access_scope(self):
        return Queue(pk=0)


MATRIX = {
    SEND: {"agent", "supervisor", "manager", "api_client"},
    READ_AUDIT: {"manager", "auditor"},
    TOKEN: {"manager"},
    "access:EnterAdmin": {"supervisor", "manager", "auditor"},
    "chat:ReadSessionAny": {"manager", "auditor"},
    "chat:JoinTakeover": {"supervisor", "manager"},
    "chat:ManageTerminationRules": {"manager"},
    "no:SuchAction": set(),
}


@pytest.mark.parametrize("role", [*ROLES, None])
@pytest.mark.parametrize("action", MATRIX)
def test_roles_hold_what_the_apps_gave_them(role, action):
    assert access.can(UserFactory(role=role), action) is (role in MATRIX[action])


@pytest.mark.parametrize("actor", [SYSTEM, ROBOT])
def test_the_desk_itself_may(actor):
    assert access.can(actor, SEND, InScope())


@pytest.mark.parametrize("actor", [None, object(), "agent"])
def test_whoever_is_no_actor_may_nothing(actor):
    assert not access.can(actor, SEND)


def test_customers_may_nothing_through_here():
    from apps.customers.tests.factories import CustomerFactory

    assert not access.can(CustomerFactory(), SEND)


def test_superusers_may_everything_while_they_are_active():
    assert access.can(UserFactory(is_superuser=True), "no:SuchAction", InScope())
    assert not access.can(UserFactory(is_superuser=True, is_active=False), SEND)


def test_who_has_left_may_nothing():
    user = UserFactory(role="manager", is_active=False)

    assert not access.can(user, SEND)
    assert access.actions_of(user) == frozenset()


@pytest.mark.parametrize(
    ("before", "after", "holds"),
    [
        (None, None, True),
        (-1, None, True),
        (0, None, True),
        (1, None, False),
        (None, 1, True),
        (None, 0, False),
        (None, -1, False),
        (-1, 1, True),
        (-2, -1, False),
        (1, 2, False),
    ],
)
def test_a_grant_is_worth_something_within_its_time_only(before, after, holds):
    now = timezone.now()
    start = None if before is None else now + timedelta(seconds=before)
    end = None if after is None else now + timedelta(seconds=after)
    grant = GrantFactory(not_before=start, not_after=end)

    assert access.can(grant.user, SEND, now=now) is holds


def test_roles_add_up():
    user = UserFactory(role="agent")
    GrantFactory(user=user, role=Role.objects.get(slug="auditor"))

    assert access.can(user, SEND)
    assert access.can(user, READ_AUDIT)


def test_one_role_is_granted_once_for_good():
    grant = GrantFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        GrantFactory(user=grant.user)


def test_a_grant_ends_after_its_start():
    now = timezone.now()

    with pytest.raises(IntegrityError), transaction.atomic():
        GrantFactory(not_before=now, not_after=now)


def test_what_is_ones_own_needs_no_scope():
    user = UserFactory(role="agent")

    assert access.can(user, SEND, Owned(user))
    assert not access.can(user, SEND, Owned(UserFactory()))
    assert not access.can(UserFactory(), SEND, Owned(user))


def test_what_lies_in_a_scope_needs_a_permission_on_it():
    assert not access.can(UserFactory(role="agent"), SEND, InScope())


def test_any_needs_no_scope():
    manager = UserFactory(role="manager")

    assert access.can(manager, "chat:CloseSession", InScope())
    assert not access.can(manager, SEND, InScope())


def test_what_lies_in_no_scope_is_for_all_who_hold_the_action():
    assert access.can(UserFactory(role="agent"), SEND, object())


def test_require_raises():
    with pytest.raises(AccessDenied):
        access.require(UserFactory(), SEND)
    assert access.require(UserFactory(role="agent"), SEND) is None


def test_asking_takes_one_query(django_assert_num_queries):
    user = UserFactory(role="agent")

    with django_assert_num_queries(1):
        access.can(user, SEND)


# The system roles


def test_system_roles_follow_the_code():
    Role.objects.filter(slug="agent").update(actions=[], name="?")
    Role.objects.filter(slug="auditor").delete()

    access.sync_system_roles()

    agent = Role.objects.get(slug="agent")
    assert agent.actions == default_actions("agent")
    assert agent.is_system
    assert Role.objects.filter(slug="auditor").exists()


def test_roles_hold_known_actions_only():
    for role in Role.objects.all():
        assert set(role.actions) <= known_actions(), role


def test_a_role_in_use_cannot_vanish():
    GrantFactory()

    with pytest.raises(Exception, match="protected"):
        Role.objects.get(slug="agent").delete()
    assert Grant.objects.exists()


def test_the_desk_and_programs_are_nobodys_second_person():
    for actor in (SYSTEM, ROBOT, UserFactory(is_superuser=True, is_api_client=True), None):
        with pytest.raises(AccessDenied):
            access.require_person(actor)
    access.require_person(UserFactory())
