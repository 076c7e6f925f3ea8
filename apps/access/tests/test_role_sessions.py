from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access import clients, grants, role_sessions
from apps.access import services as access
from apps.access.chaining import RoleChaining
from apps.access.enums import GrantKind
from apps.access.events import GlassBroken
from apps.access.models import ApiClient, Grant, Role, RoleSession
from apps.access.policies.services import create_policy
from apps.access.reach import RoleBeyondOwn
from apps.access.tests.factories import GrantFactory, RoleFactory, RoleSessionFactory, UserFactory
from apps.audit.models import AuditEvent
from apps.common import context
from apps.common.errors import AccessDenied, Invalid
from apps.routing.tests.checks import heard, together

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SEND, READ = "chat:SendMessage", "chat:ReadSession"
ONLY_READ = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": READ, "Resource": "*"}]}


def later(**span):
    return NOW + timedelta(**span)


def deeds():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def on_demand(**fields):
    role = fields.pop("role", None) or RoleFactory(actions=[SEND, READ])
    return GrantFactory(role=role, kind=GrantKind.ON_DEMAND, **fields)


def assume(grant, **wish):
    return role_sessions.assume_role(
        grant.role, **{"actor": grant.user, "reason": "Peak", "now": NOW, **wish}
    )


@pytest.fixture
def grant():
    return on_demand()


@pytest.fixture
def emergency():
    return RoleFactory(name="Rescue", actions=["access:ManageVendors"], is_break_glass=True)


def test_a_role_is_taken_on_for_some_hours(grant):
    session = assume(grant, hours=2, ticket_ref="T-7")

    assert (session.not_after, session.grant, session.break_glass) == (later(hours=2), grant, False)
    assert access.can(grant.user, SEND, now=NOW)
    assert deeds() == ["access:AssumeRole"]


def test_it_is_worth_nothing_from_its_end_on(grant):
    assume(grant, hours=1)

    worth = [access.can(grant.user, SEND, now=later(hours=1, seconds=at)) for at in (-1, 0, 1)]

    assert worth == [True, False, False]


def test_one_ends_by_itself(monkeypatch):
    """By the clock of the machine, also for a user who was just asked about."""
    session = RoleSessionFactory(not_after=timezone.now() + timedelta(hours=1))
    assert access.can(session.user, SEND)

    monkeypatch.setattr(timezone, "now", lambda: session.not_after)

    assert not access.can(session.user, SEND)


@pytest.mark.parametrize(
    ("role_hours", "asked", "grant_ends", "ends"),
    [(6, None, None, 6), (6, 5, None, 5), (12, 12, None, 12), (6, 5, 3, 3), (6, None, 2, 2)],
)
def test_role_and_grant_bound_it(role_hours, asked, grant_ends, ends):
    role = RoleFactory(max_session_hours=role_hours)
    grant = on_demand(role=role, not_after=grant_ends and later(hours=grant_ends))

    assert assume(grant, hours=asked).not_after == later(hours=ends)


def test_the_database_bounds_it_too(grant):
    for hours in (0, 13):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleSessionFactory(started_at=NOW, not_after=later(hours=hours))


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"hours": 5}, "hours"),
        ({"hours": 0}, "hours"),
        ({"policy": {"Version": "1", "Statement": [{"Effect": "Maybe"}]}}, "policy"),
    ],
)
def test_a_wish_that_makes_no_sense(grant, wish, field):
    with pytest.raises(Invalid) as refused:
        assume(grant, **wish)

    assert list(refused.value.fields) == [field]
    assert not RoleSession.objects.exists()
    assert not deeds()


def test_only_who_was_given_it_on_demand_takes_it_on(grant):
    standing, over = GrantFactory(role=grant.role), on_demand(role=grant.role, not_after=NOW)
    revoked = on_demand(role=grant.role)
    grants.revoke_grant(revoked, actor=revoked.user)

    for user in (UserFactory(), standing.user, over.user, revoked.user):
        with pytest.raises(role_sessions.NotGranted):
            assume(grant, actor=user)

    assert not RoleSession.objects.exists()


def test_out_of_its_hours_a_role_is_not_taken_on():
    weekday = NOW.astimezone().isoweekday() % 7 + 1
    role = RoleFactory(hours=[{"days": [(weekday % 7) + 1], "from": "10:00", "to": "11:00"}], zone="UTC")

    with pytest.raises(role_sessions.OutOfHours):
        assume(on_demand(role=role))


def test_it_is_taken_on_once_and_again_when_it_is_over(grant):
    assume(grant, hours=1)
    with pytest.raises(role_sessions.RoleAssumed):
        assume(grant, now=later(minutes=59))

    assume(grant, now=later(hours=1))

    assert deeds() == ["access:AssumeRole", "access:ExpireRoleSession", "access:AssumeRole"]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_taken_on(grant):
    outcomes = together(*[lambda: assume(grant)] * 3)

    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [role_sessions.RoleAssumed] * 2
    assert RoleSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_taken_back_meanwhile_is_not_taken_on(grant):
    manager = UserFactory(role="manager")

    together(lambda: assume(grant, now=None), lambda: grants.revoke_grant(grant, actor=manager))

    assert not RoleSession.objects.in_force(timezone.now()).exists()
    assert not access.can(grant.user, SEND)


def test_a_document_narrows_it(grant):
    assume(grant, policy=ONLY_READ)

    assert [access.can(grant.user, action, now=NOW) for action in (READ, SEND)] == [True, False]


# The end


def test_it_is_put_down(grant):
    session = role_sessions.end_session(assume(grant), actor=grant.user, now=later(minutes=1))

    assert session.ended_at == later(minutes=1)
    assert not access.can(grant.user, SEND, now=later(minutes=1))
    with pytest.raises(role_sessions.RoleSessionOver):
        role_sessions.end_session(session, actor=grant.user, now=later(minutes=2))
    assert deeds() == ["access:AssumeRole", "access:EndRoleSession"]


def test_managers_end_it_and_strangers_do_not(grant):
    session = assume(grant)

    with pytest.raises(AccessDenied):
        role_sessions.end_session(session, actor=UserFactory(role="supervisor"), now=NOW)
    session.refresh_from_db()
    assert session.ended_at is None

    role_sessions.end_session(session, actor=UserFactory(role="manager"), now=later(seconds=1))
    assert not access.can(grant.user, SEND, now=later(seconds=1))


@pytest.mark.parametrize("how", ["taken back", "shortened"])
def test_it_ends_with_its_grant(grant, how):
    assume(grant)
    manager, soon = UserFactory(role="manager"), later(minutes=5)

    if how == "taken back":
        grants.revoke_grant(grant, actor=manager, now=soon)
    else:
        grants.change_grant(grant, actor=manager, not_after=soon, now=NOW)

    assert access.can(grant.user, SEND, now=later(minutes=4)) is (how == "shortened")
    assert not access.can(grant.user, SEND, now=soon)


# Tokens of it


@pytest.fixture
def held(grant):
    """A user who holds more than the role, with a token that is worth the role narrowed to reading."""
    GrantFactory(user=grant.user, role=RoleFactory(actions=["chat:CloseSession", SEND]))
    return role_sessions.assume_role_by_token(grant.role, actor=grant.user, reason="Import", policy=ONLY_READ)


def test_a_token_is_worth_the_role_as_it_is_narrowed_and_nothing_else(held):
    user = access.user_of_token(held.token)

    assert access.actions_of(user) == {READ}
    assert {SEND, "chat:CloseSession"} <= access.actions_of(held.user)
    assert access.actions_of_all([user]) == {user.pk: {READ}}


def test_a_token_ends_with_the_session(held):
    assert access.user_of_token(held.token, now=held.not_after - timedelta(seconds=1))
    assert access.user_of_token(held.token, now=held.not_after) is None

    role_sessions.end_session(held, actor=held.user)

    assert access.user_of_token(held.token) is None


def test_a_token_makes_nothing_that_outlives_it(held, grant):
    user = access.user_of_token(held.token)
    other = on_demand(user=user)

    with pytest.raises(RoleChaining):
        role_sessions.assume_role(other.role, actor=user, reason="More")
    for attempt in (
        lambda: access.create_token(user, actor=user, name="Mine"),
        lambda: grants.revoke_grant(grant, actor=user),
        lambda: grants.request_role(RoleFactory(), actor=user, reason="x"),
    ):
        with pytest.raises(AccessDenied):
            attempt()

    assert RoleSession.objects.count() == 1
    assert Grant.objects.live().filter(user=user).count() == 3


def test_a_superuser_is_bound_by_no_role_and_gets_no_token(held):
    with pytest.raises(AccessDenied):
        role_sessions.assume_role_by_token(held.role, actor=UserFactory(is_superuser=True), reason="x")

    held.user.is_superuser = True
    held.user.save()
    assert access.user_of_token(held.token) is None


# Emergencies


def test_who_may_break_the_glass_takes_the_role_on_at_once(emergency):
    manager = UserFactory(role="manager")

    with heard(GlassBroken) as events:
        session = role_sessions.assume_role(emergency, actor=manager, reason="Refunds run wild", now=NOW)

    assert (session.break_glass, session.not_after) == (True, later(hours=1))
    assert events == [GlassBroken(session.pk, NOW)]
    assert "access:BreakGlass" in deeds()
    assert access.can(manager, "access:ManageVendors", now=NOW)


@pytest.mark.parametrize("wish", [{"reason": "Urgent!!!"}, {"hours": 2}])
def test_the_glass_is_not_broken_for_nothing_nor_for_long(emergency, wish):
    manager = UserFactory(role="manager")

    with pytest.raises(Invalid), heard(GlassBroken) as events:
        role_sessions.assume_role(emergency, **{"actor": manager, "reason": "Refunds run wild", **wish})

    assert not RoleSession.objects.exists()
    assert (events, deeds()) == ([], [])


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client", None])
def test_others_do_not_break_the_glass(emergency, role):
    actor = UserFactory(role=role)
    on_demand(role=emergency, user=actor)

    with pytest.raises(AccessDenied):
        role_sessions.assume_role(emergency, actor=actor, reason="Refunds run wild")

    assert not RoleSession.objects.exists()


def emergency_with(*actions):
    return RoleFactory(actions=list(actions), is_break_glass=True)


@pytest.mark.parametrize("deed", ["give", "approve", "widen", "save", "policy", "client"])
def test_a_token_makes_no_authority_that_outlives_it(deed):
    manager = Role.objects.get(slug="manager")
    grant = on_demand(role=manager)
    session = role_sessions.assume_role_by_token(manager, actor=grant.user, reason="Import")
    user, other = access.user_of_token(session.token), GrantFactory(not_after=later(days=1))
    asked = GrantFactory(state="requested")
    attempts = {
        "give": lambda: grants.give_role(actor=user, user=user, role=other.role),
        "approve": lambda: grants.approve_grant(asked, actor=user),
        "widen": lambda: grants.change_grant(other, actor=user, not_after=later(days=9)),
        "save": lambda: clients.save_role(RoleFactory.build(actions=[]), actor=user),
        "policy": lambda: create_policy(actor=user, slug="a", name="A", document=ONLY_READ),
        "client": lambda: clients.create_api_client(actor=user, name="ERP", roles=[manager], days=366),
    }

    with pytest.raises(RoleChaining):
        attempts[deed]()

    assert not ApiClient.objects.exists()


def test_what_is_taken_on_is_not_given_away():
    user = UserFactory()
    GrantFactory(user=user, role=RoleFactory(actions=["access:BreakGlass"]))
    rights = ("access:ManageUsers", "access:ManageRoles", "access:ManagePolicies", READ)
    rescue = emergency_with(*rights)
    role_sessions.assume_role(rescue, actor=user, reason="Refunds run wild")
    assert access.can(user, READ)

    for attempt in (
        lambda: grants.give_role(actor=user, user=user, role=RoleFactory(actions=[READ])),
        lambda: clients.save_role(RoleFactory.build(actions=[READ]), actor=user),
        lambda: create_policy(actor=user, slug="a", name="A", document=ONLY_READ),
    ):
        with pytest.raises(RoleBeyondOwn):
            attempt()


def test_nobody_adds_to_a_role_of_their_own_what_they_do_not_hold():
    mine = RoleFactory(actions=["access:ManageRoles"])
    user = GrantFactory(role=mine).user
    mine.actions = ["access:ManageRoles", READ]

    with pytest.raises(RoleBeyondOwn):
        clients.save_role(mine, actor=user)


def call(source, *, mfa):
    return context.use(context.RequestContext(source=source, memo={}, facts={"mfa": mfa}))


@pytest.mark.parametrize("source", ["http", "socket"])
def test_a_role_that_asks_for_a_second_factor_is_not_taken_on_without(source):
    grant = on_demand(role=RoleFactory(requires_mfa=True))

    with call(source, mfa=False), pytest.raises(role_sessions.SecondFactorRequired) as refused:
        assume(grant)

    assert refused.value.code == "second_factor_required"
    assert not RoleSession.objects.exists()


@pytest.mark.parametrize(("source", "mfa"), [("http", True), ("task", False)])
def test_a_role_that_asks_for_a_second_factor_is_taken_on_with_one(source, mfa):
    grant = on_demand(role=RoleFactory(requires_mfa=True))

    with call(source, mfa=mfa):
        assert assume(grant)
