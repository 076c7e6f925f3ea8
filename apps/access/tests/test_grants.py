from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access import clients, expiry, grants
from apps.access import services as access
from apps.access.actors import SYSTEM
from apps.access.enums import GrantKind, GrantState
from apps.access.models import Grant, Role
from apps.access.tests.factories import GrantFactory, RoleFactory, RoleSessionFactory, UserFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.routing.tests.checks import together

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SEND = "chat:SendMessage"


def later(**span):
    return NOW + timedelta(**span)


def deeds():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


@pytest.fixture
def manager():
    return UserFactory(role="manager")


@pytest.fixture
def second():
    return UserFactory(role="manager")


@pytest.fixture
def guarded():
    """A role that a second person confirms."""
    return RoleFactory(actions=[SEND], needs_approval=True)


@pytest.fixture
def request_(manager, guarded):
    return grants.give_role(actor=manager, user=UserFactory(), role=guarded, reason="Peak")


# Giving


def test_a_role_is_given_and_counts_at_once(manager):
    grant = grants.give_role(actor=manager, user=UserFactory(), role=RoleFactory(actions=[SEND]))

    assert (grant.state, grant.requested_by) == (GrantState.ACTIVE, manager)
    assert access.can(grant.user, SEND)
    assert deeds() == ["access:GiveRole"]


def test_what_needs_approval_is_worth_nothing_before_it(request_):
    assert request_.state == GrantState.REQUESTED
    assert not access.can(request_.user, SEND)


def test_the_desk_itself_asks_nobody(guarded):
    assert grants.give_role(actor=SYSTEM, user=UserFactory(), role=guarded).state == GrantState.ACTIVE


def test_programs_wait_for_a_second_person_too(manager, guarded):
    client, _token = clients.create_api_client(actor=manager, name="ERP", roles=[guarded])

    assert client.grants.get().state == GrantState.REQUESTED


def test_on_demand_is_not_held():
    grant = GrantFactory(kind=GrantKind.ON_DEMAND)

    assert not access.can(grant.user, SEND)


def test_nobody_gives_or_confirms_more_than_they_hold(manager, guarded):
    Role.objects.filter(pk=guarded.pk).update(actions=["monitoring:SweepAlerts"])
    beyond = Role.objects.get(pk=guarded.pk)
    waiting = GrantFactory(role=beyond, state=GrantState.REQUESTED)

    for attempt in (
        lambda: grants.give_role(actor=manager, user=UserFactory(), role=beyond),
        lambda: grants.approve_grant(waiting, actor=manager),
    ):
        with pytest.raises(AccessDenied) as refused:
            attempt()
        assert refused.value.code == "role_beyond_own"

    waiting.refresh_from_db()
    assert (waiting.state, Grant.objects.filter(role=beyond).count()) == (GrantState.REQUESTED, 1)
    assert not deeds()


def test_a_role_for_emergencies_is_not_given(manager):
    with pytest.raises(Invalid):
        grants.give_role(actor=manager, user=UserFactory(), role=RoleFactory(is_break_glass=True))


def test_a_superuser_is_not_a_managers_to_give_to(manager):
    with pytest.raises(AccessDenied):
        grants.give_role(actor=manager, user=UserFactory(is_superuser=True), role=RoleFactory())


# A second person


def test_a_second_person_confirms(request_, second):
    grant = grants.approve_grant(request_, actor=second, now=NOW)

    assert (grant.state, grant.decided_by, grant.decided_at) == (GrantState.ACTIVE, second, NOW)
    assert access.can(grant.user, SEND)
    assert deeds() == ["access:GiveRole", "access:ApproveGrant"]


def test_a_second_person_rejects(request_, second):
    assert grants.reject_grant(request_, actor=second).state == GrantState.REJECTED
    assert not access.can(request_.user, SEND)
    assert deeds()[-1] == "access:RejectGrant"


@pytest.mark.parametrize("decide", [grants.approve_grant, grants.reject_grant])
def test_neither_maker_nor_holder_decides(manager, guarded, request_, decide):
    about_manager = GrantFactory(user=manager, role=guarded, state=GrantState.REQUESTED)

    for grant in (request_, about_manager):
        with pytest.raises(grants.SamePerson):
            decide(grant, actor=manager)

    assert set(Grant.objects.filter(role=guarded).values_list("state", flat=True)) == {GrantState.REQUESTED}
    assert deeds() == ["access:GiveRole"]


@pytest.mark.parametrize("decide", [grants.approve_grant, grants.reject_grant])
def test_a_program_is_no_second_person(request_, decide):
    program = UserFactory(role="manager", is_api_client=True)

    with pytest.raises(AccessDenied):
        decide(request_, actor=program)

    request_.refresh_from_db()
    assert request_.state == GrantState.REQUESTED


@pytest.mark.parametrize("decide", [grants.approve_grant, grants.reject_grant])
@pytest.mark.parametrize("field", ["user", "requested_by"])
def test_whoever_made_the_program_that_asked_or_gets_it_does_not_decide(request_, second, decide, field):
    setattr(request_, field, UserFactory(is_api_client=True, created_by=second))
    request_.save()

    with pytest.raises(grants.SamePerson):
        decide(request_, actor=second)


@pytest.mark.parametrize("who", ["requested_by", "user"])
def test_the_database_refuses_it_too(request_, who):
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=request_.pk).update(decided_by=getattr(request_, who))


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client", None])
def test_strangers_change_nothing(request_, role):
    stranger, held = UserFactory(role=role), GrantFactory()
    before = list(Grant.objects.order_by("pk").values())

    for attempt in (
        lambda: grants.give_role(actor=stranger, user=stranger, role=held.role),
        lambda: grants.approve_grant(request_, actor=stranger),
        lambda: grants.reject_grant(request_, actor=stranger),
        lambda: grants.change_grant(held, actor=stranger, reason="x"),
        lambda: grants.revoke_grant(held, actor=stranger),
        lambda: grants.revoke_grant(request_, actor=stranger),
    ):
        with pytest.raises(AccessDenied):
            attempt()

    assert list(Grant.objects.order_by("pk").values()) == before
    assert deeds() == ["access:GiveRole"]


def test_what_is_decided_stays_decided(request_, second):
    grants.reject_grant(request_, actor=second)

    for decide in (grants.approve_grant, grants.reject_grant):
        with pytest.raises(grants.GrantDecided):
            decide(request_, actor=second)


def test_a_request_whose_time_is_past_is_not_confirmed(manager, second, guarded):
    grant = grants.give_role(actor=manager, user=UserFactory(), role=guarded, not_after=later(hours=1))

    with pytest.raises(grants.GrantOver):
        grants.approve_grant(grant, actor=second, now=later(hours=1))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", [grants.approve_grant, grants.reject_grant, grants.revoke_grant])
def test_of_two_who_decide_one_does(request_, second, other):
    third = UserFactory(role="manager")

    outcomes = together(
        lambda: grants.approve_grant(request_, actor=second), lambda: other(request_, actor=third)
    )

    refused = [one for one in outcomes if isinstance(one, Exception)]
    if other is grants.revoke_grant:  # what was approved first can still be taken back
        assert all(isinstance(one, grants.GrantDecided) for one in refused)
        assert Grant.objects.get(pk=request_.pk).state == GrantState.REVOKED
    else:
        assert [type(one) for one in refused] == [grants.GrantDecided]
        assert len(deeds()) == 2


# Asking


def test_somebody_asks_and_another_person_decides(manager):
    user, role = UserFactory(), RoleFactory(actions=[SEND])

    grant = grants.request_role(
        role, actor=user, reason=" Night shift ", ticket_ref="T-7", not_after=later(days=1)
    )
    assert (grant.state, grant.reason, access.can(user, SEND)) == (GrantState.REQUESTED, "Night shift", False)

    grants.approve_grant(grant, actor=manager)
    assert access.can(user, SEND)
    assert deeds() == ["access:RequestRole", "access:ApproveGrant"]


def test_one_request_for_a_role_waits_at_a_time():
    user, role = UserFactory(), RoleFactory()
    grants.request_role(role, actor=user, reason="x", not_after=later(days=1))

    with pytest.raises(Invalid):
        grants.request_role(role, actor=user, reason="y", not_after=later(days=2))


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_is_one_request():
    user, role = UserFactory(), RoleFactory()

    outcomes = together(*[lambda: grants.request_role(role, actor=user, reason="x")] * 3)

    assert [type(one) for one in outcomes if isinstance(one, Exception)] == [Invalid, Invalid]
    assert Grant.objects.get(user=user).state == GrantState.REQUESTED


@pytest.mark.parametrize("wish", [{"reason": " "}, {"reason": "x", "not_after": NOW - timedelta(seconds=1)}])
def test_a_request_that_makes_no_sense(wish):
    with pytest.raises(Invalid):
        grants.request_role(RoleFactory(), actor=UserFactory(), **wish)

    assert not Grant.objects.exists()


def test_programs_and_assumed_roles_ask_for_nothing():
    assumed = UserFactory()
    assumed.assumed = RoleSessionFactory(user=assumed)

    for actor in (UserFactory(is_api_client=True), UserFactory(is_active=False), assumed):
        with pytest.raises(AccessDenied):
            grants.request_role(RoleFactory(), actor=actor, reason="x")


# Taking back


def test_what_is_taken_back_stays_on_record(manager):
    grant = GrantFactory()

    grants.revoke_grant(grant, actor=manager, reason="Moved", now=NOW)

    grant.refresh_from_db()
    assert (grant.state, grant.revoked_by, grant.revoked_at) == (GrantState.REVOKED, manager, NOW)
    assert not access.can(grant.user, SEND)
    assert AuditEvent.objects.deeds().get().data["why"] == "Moved"


def test_people_withdraw_requests_and_give_roles_up():
    user = UserFactory(role="agent")
    wish = grants.request_role(RoleFactory(), actor=user, reason="x")

    for grant in (wish, user.grants.get(role__slug="agent")):
        assert grants.revoke_grant(grant, actor=user).state == GrantState.REVOKED


def test_whoever_asked_for_somebody_else_withdraws_no_more_than_the_request(request_, second, manager):
    grants.approve_grant(request_, actor=second)
    manager.grants.all().delete()

    with pytest.raises(AccessDenied):
        grants.revoke_grant(request_, actor=manager)


def test_what_is_over_is_not_touched(manager):
    over = GrantFactory(not_after=NOW - timedelta(days=1))
    gone = grants.revoke_grant(GrantFactory(), actor=manager)

    for grant in (over, gone):
        for attempt in (
            lambda grant=grant: grants.revoke_grant(grant, actor=manager),
            lambda grant=grant: grants.change_grant(grant, actor=manager, reason="x"),
        ):
            with pytest.raises(grants.GrantOver):
                attempt()


# Changing


def test_less_of_what_was_approved_is_a_managers_to_set_more_is_not(request_, second, manager):
    grant = grants.approve_grant(request_, actor=second)
    grants.change_grant(grant, actor=manager, not_after=later(days=2))

    for more in ({"not_after": later(days=3)}, {"not_after": None}):
        with pytest.raises(grants.NeedsApproval):
            grants.change_grant(grant, actor=manager, **more)

    grant.refresh_from_db()
    assert grant.not_after == later(days=2)


def test_a_request_is_not_changed_while_somebody_reads_it(request_, manager):
    with pytest.raises(grants.NeedsApproval):
        grants.change_grant(request_, actor=manager, not_after=later(days=1))


# The end


def test_a_grant_is_worth_nothing_from_its_end_on():
    grant = GrantFactory(not_after=later(hours=1))

    worth = [access.can(grant.user, SEND, now=later(hours=1, seconds=at)) for at in (-1, 0, 1)]

    assert worth == [True, False, False]


def test_a_grant_is_worth_nothing_before_its_start():
    grant = GrantFactory(not_before=later(hours=1))

    assert [access.can(grant.user, SEND, now=later(hours=1, seconds=at)) for at in (-1, 0)] == [False, True]


def test_each_end_is_one_event(manager, second, guarded):
    grant = GrantFactory(not_after=later(seconds=-1))
    waiting = GrantFactory(role=guarded, state=GrantState.REQUESTED, not_after=later(seconds=-1))
    GrantFactory(not_after=later(hours=1))
    session = RoleSessionFactory(started_at=later(hours=-2), not_after=later(hours=-1))

    assert [expiry.note_expiries(now=NOW) for _ in range(2)] == [3, 0]

    assert sorted(deeds()) == ["access:ExpireGrant", "access:ExpireGrant", "access:ExpireRoleSession"]
    assert set(AuditEvent.objects.values_list("actor_kind", flat=True)) == {"system"}
    for row, state in ((grant, GrantState.ACTIVE), (waiting, GrantState.REJECTED)):
        row.refresh_from_db()
        assert (row.state, row.expiry_noted_at) == (state, NOW)
    session.refresh_from_db()
    assert session.expiry_noted_at == NOW


@pytest.mark.django_db(transaction=True)
def test_sweeps_at_once_note_each_end_once():
    for _ in range(5):
        GrantFactory(not_after=later(seconds=-1))

    outcomes = together(*[lambda: expiry.note_expiries(now=NOW)] * 3)

    assert sum(outcomes) == 5
    assert deeds() == ["access:ExpireGrant"] * 5
