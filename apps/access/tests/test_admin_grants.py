import pytest
from django.urls import reverse

from apps.access.enums import GrantState
from apps.access.models import Grant, Role
from apps.access.tests.factories import GrantFactory, RoleFactory, RoleSessionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    user = UserFactory(role="manager", is_staff=True)
    client.force_login(user)
    return user


def press(client, model, button, pk):
    return client.get(reverse(f"admin:access_{model}_{button}", args=[pk]), follow=True)


def test_a_request_is_approved_on_its_page(client, manager):
    grant = GrantFactory(state=GrantState.REQUESTED, requested_by=UserFactory())
    assert "Approve" in client.get(reverse("admin:access_grant_change", args=[grant.pk])).content.decode()

    press(client, "grant", "approve", grant.pk)

    grant.refresh_from_db()
    assert (grant.state, grant.decided_by) == (GrantState.ACTIVE, manager)


def test_ones_own_request_is_refused_in_words(client, manager):
    grant = GrantFactory(state=GrantState.REQUESTED, requested_by=manager)

    answer = press(client, "grant", "approve", grant.pk)

    assert "Somebody else has to decide on this." in answer.content.decode()
    grant.refresh_from_db()
    assert grant.state == GrantState.REQUESTED


def test_a_grant_is_taken_back_and_an_assumed_role_ended(client, manager):
    grant, session = GrantFactory(), RoleSessionFactory()

    press(client, "grant", "revoke", grant.pk)
    press(client, "rolesession", "end_now", session.pk)

    grant.refresh_from_db()
    session.refresh_from_db()
    assert (grant.state, grant.revoked_by) == (GrantState.REVOKED, manager)
    assert session.ended_at is not None


@pytest.mark.parametrize("page", ["grant", "rolesession"])
def test_the_pages_are_for_managers(client, page):
    GrantFactory(state=GrantState.REQUESTED)
    RoleSessionFactory()
    url = reverse(f"admin:access_{page}_changelist")

    for role, status in (("manager", 200), ("supervisor", 403), ("auditor", 403)):
        client.force_login(UserFactory(role=role, is_staff=True))
        assert client.get(url).status_code == status


def person_form(user, *rows, initial=0):
    form = {"username": user.username, "locale": "en", "zone": "UTC", "date_joined_0": "2026-01-01"}
    form |= {"date_joined_1": "00:00:00", "grants-TOTAL_FORMS": len(rows), "grants-INITIAL_FORMS": initial}
    for at, row in enumerate(rows):
        form |= {
            f"grants-{at}-{name}": value
            for name, value in {"user": user.pk, "kind": "standing", **row}.items()
        }
    return form


def test_roles_are_given_and_taken_on_the_page_of_a_person(client, manager):
    user, role = UserFactory(role="agent"), Role.objects.get(slug="supervisor")
    held, url = user.grants.get(), reverse("admin:access_user_change", args=[user.pk])
    rows = [{"id": held.pk, "role": held.role.pk, "DELETE": "on"}, {"role": role.pk, "reason": "Peak"}]

    client.post(url, person_form(user, *rows, initial=1))

    held.refresh_from_db()
    assert (held.state, held.revoked_by) == (GrantState.REVOKED, manager)
    assert user.grants.get(role=role).requested_by == manager


def test_what_is_refused_there_changes_nothing(client, manager):
    user, beyond = UserFactory(), RoleFactory(actions=["monitoring:SweepAlerts"])
    url = reverse("admin:access_user_change", args=[user.pk])

    answer = client.post(url, person_form(user, {"role": beyond.pk}) | {"first_name": "New"}, follow=True)

    assert "You cannot give “monitoring:SweepAlerts”" in answer.content.decode()
    user.refresh_from_db()
    assert (user.first_name, Grant.objects.filter(user=user).exists()) == ("", False)


def test_the_bounds_of_a_system_role_are_set_and_its_actions_are_not(client, manager):
    role = Role.objects.get(slug="agent")
    form = {
        "requires_mfa": "on",
        "needs_approval": "on",
        "max_session_hours": 2,
        "hours": "",
        "zone": "UTC",
    }

    client.post(reverse("admin:access_role_change", args=[role.pk]), form | {"actions": []})

    changed = Role.objects.get(slug="agent")
    assert (changed.requires_mfa, changed.needs_approval, changed.max_session_hours) == (True, True, 2)
    assert changed.actions == role.actions
