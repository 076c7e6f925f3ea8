"""The statement that every request asks says what the models say."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from apps.access.enums import GrantKind, GrantState
from apps.access.held_roles import held_roles, person_named
from apps.access.models import Grant, Policy, RoleSession
from apps.access.tests.factories import GrantFactory, RoleFactory, RoleSessionFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MOMENTS = [None, NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)]


def every_grant(**fields):
    for state, kind, start, end in product(GrantState, GrantKind, MOMENTS, MOMENTS):
        if start and end and end <= start:
            continue
        revoked_at = NOW if state == GrantState.REVOKED else None
        times = {"not_before": start, "not_after": end, "revoked_at": revoked_at}
        GrantFactory(user=UserFactory(), state=state, kind=kind, **times, **fields)


def every_session(**fields):
    for start, ended in product([NOW - timedelta(hours=3), NOW, NOW + timedelta(hours=1)], [None, NOW]):
        for hours in (1, 4):
            end = start + timedelta(hours=hours)
            RoleSessionFactory(user=UserFactory(), started_at=start, not_after=end, ended_at=ended, **fields)
    RoleSessionFactory(user=UserFactory(), started_at=NOW - timedelta(hours=2), not_after=NOW, **fields)


def in_force():
    granted = set(Grant.objects.in_force(NOW).values_list("user_id", flat=True))
    assumed = set(RoleSession.objects.in_force(NOW).values_list("user_id", flat=True))
    assert granted
    assert assumed
    return granted | assumed


def people():
    return {
        *Grant.objects.values_list("user_id", flat=True),
        *RoleSession.objects.values_list("user_id", flat=True),
    }


def test_roles_are_held_by_whom_the_models_say():
    role = RoleFactory()
    every_grant(role=role)
    every_session(role=role)

    assert {row.user_id for row in held_roles(NOW, free=people(), bound=[])} == in_force()


def test_a_factor_is_needed_by_whom_the_models_say():
    role = RoleFactory(requires_mfa=True)
    every_grant(role=role)
    every_session(role=role)

    assert {pk for pk in people() if person_named(pk, NOW).must_have_factor} == in_force()


def test_behind_a_session_nothing_else_is_held():
    session = RoleSessionFactory(user=GrantFactory().user, policy={"Version": "1", "Statement": []})
    other = RoleSessionFactory(user=session.user)
    moment = timezone.now()

    (row,) = held_roles(moment, free=[], bound=[session.pk])

    assert (row.user_id, row.slug, row.narrowing) == (session.user_id, session.role.slug, session.policy)
    free = held_roles(moment, free=[session.user_id], bound=[])
    assert {one.slug for one in free} >= {session.role.slug, other.role.slug}


def test_a_role_comes_with_its_policies_and_the_guardrails():
    role = RoleFactory(actions=["chat:ReadSession"], zone="Europe/Berlin")
    made = [
        Policy.objects.create(slug=slug, document={"Version": "1", "Statement": []}, is_guardrail=guardrail)
        for slug, guardrail in (("b", False), ("a", False), ("z", True))
    ]
    role.policies.set(made[:2])

    (row,) = held_roles(timezone.now(), free=[GrantFactory(role=role).user_id], bound=[])

    assert (row.slug, row.actions, row.zone) == (role.slug, role.actions, role.zone)
    assert [one["slug"] for one in row.attached] == ["a", "b"]
    assert {one["slug"] for one in row.guardrails} == set(
        Policy.objects.filter(is_guardrail=True).values_list("slug", flat=True)
    )


def test_nobody_has_no_factor_to_show():
    assert person_named(0, NOW) is None
