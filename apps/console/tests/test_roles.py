from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.access import grants
from apps.access.enums import GrantKind, GrantState
from apps.access.models import Grant, RoleSession
from apps.access.tests.factories import (
    GrantFactory,
    RoleFactory,
    RoleSessionFactory,
    UserFactory,
    VendorFactory,
)

pytestmark = pytest.mark.django_db
PAGE, TAKE, ASK = (reverse(f"console-{name}") for name in ("access", "role-take", "role-ask"))
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/console/live/"}


@pytest.fixture
def signed_in(client):
    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def waiting():
    return GrantFactory(
        role=RoleFactory(name="Night lead"),
        state=GrantState.REQUESTED,
        requested_by=UserFactory(),
        reason="Nights",
    )


def on_demand(user, **fields):
    return GrantFactory(user=user, role=RoleFactory(name="Rescuer", **fields), kind=GrantKind.ON_DEMAND)


def deed(grant, name):
    return reverse("console-grant", args=[grant.pk, name])


def test_managers_see_who_waits_what_ends_and_who_acts(signed_in, waiting):
    now = timezone.now()
    ending = GrantFactory(not_after=now + timedelta(days=3))
    live = RoleSessionFactory(break_glass=True)

    page = signed_in(UserFactory(role="manager")).get(PAGE).content.decode()

    for told in ("Night lead", "Nights", "Emergency", ending.user.actor_label, live.user.actor_label):
        assert told in page
    assert deed(waiting, "approve") in page


def approver():
    """Somebody who decides on roles, and manages nobody."""
    return GrantFactory(role=RoleFactory(actions=["access:ApproveGrant", "chat:SendMessage"])).user


def test_whoever_may_only_decide_sees_what_waits_and_decides(signed_in, waiting):
    live, ending = RoleSessionFactory(), GrantFactory(not_after=timezone.now() + timedelta(days=3))
    client = signed_in(approver())

    page = client.get(PAGE).content.decode()
    assert deed(waiting, "approve") in page
    assert live.user.actor_label not in page
    assert ending.user.actor_label not in page
    assert client.post(deed(waiting, "approve"), headers=HTMX).status_code == 204
    assert client.post(deed(ending, "revoke"), headers=HTMX).status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == GrantState.ACTIVE


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", None])
def test_others_see_their_own_only(signed_in, waiting, role):
    user = UserFactory(role=role)
    RoleSessionFactory(role=RoleFactory(name="Anothers"))
    GrantFactory(user=user, role=RoleFactory(name="Mine"))

    page = signed_in(user).get(PAGE).content.decode()

    assert "Mine" in page
    assert "Night lead" not in page
    assert "Anothers" not in page


def test_a_manager_approves_after_being_asked_once_more(signed_in, waiting):
    client = signed_in(UserFactory(role="manager"))

    asked = client.get(deed(waiting, "approve"), headers=HTMX).content.decode()
    assert "Approve: Night lead" in asked
    answer = client.post(deed(waiting, "approve"), headers=HTMX)

    waiting.refresh_from_db()
    assert (answer.status_code, waiting.state) == (204, GrantState.ACTIVE)
    assert '"refresh": ["access"]' in answer.headers["HX-Trigger"]
    refused = client.post(deed(waiting, "reject"), headers=HTMX).content.decode()
    assert "has approved “Night lead” already, on" in refused


@pytest.mark.parametrize(("first", "told"), [("approve", "has approved"), ("reject", "has rejected")])
def test_who_decides_second_is_told_who_was_first(signed_in, waiting, first, told):
    signed_in(UserFactory(role="manager", display_name="Mei")).post(deed(waiting, first), headers=HTMX)
    client = signed_in(approver())

    page = client.get(deed(waiting, "approve"), headers=HTMX)
    answer = client.post(deed(waiting, "approve"), headers=HTMX)

    assert (page.status_code, answer.status_code) == (200, 422)
    for shown in (page.content.decode(), answer.content.decode()):
        assert f"Mei {told} “Night lead” already, on" in shown
        assert "Approve: Night lead" not in shown
    Grant.objects.filter(pk=waiting.pk).update(decided_at=timezone.now() - timedelta(hours=2))
    assert client.get(deed(waiting, "approve"), headers=HTMX).status_code == 404


@pytest.mark.parametrize("decides", [approver, lambda: UserFactory(role="manager")])
def test_who_comes_after_a_request_was_withdrawn_is_told_so(signed_in, waiting, decides):
    Grant.objects.filter(pk=waiting.pk).update(requested_by=waiting.user)
    grants.revoke_grant(waiting, actor=waiting.user)
    client = signed_in(decides())

    page = client.get(deed(waiting, "approve"), headers=HTMX)
    answer = client.post(deed(waiting, "approve"), headers=HTMX)

    assert (page.status_code, answer.status_code) == (200, 422)
    for shown in (page.content.decode(), answer.content.decode()):
        assert "This request was withdrawn." in shown
        assert "Approve: Night lead" not in shown


def test_a_role_that_was_taken_back_is_not_shown_to_who_only_decides(signed_in):
    given = GrantFactory()
    grants.revoke_grant(given, actor=given.user)

    assert signed_in(approver()).get(deed(given, "approve"), headers=HTMX).status_code == 404


def test_a_partners_lead_is_not_offered_what_is_not_theirs_to_decide(signed_in, waiting):
    lead = UserFactory(role="manager", vendor=VendorFactory())
    page = signed_in(lead).get(PAGE).content.decode()

    assert "Somebody else decides" in page
    assert deed(waiting, "approve") not in page


def test_whoever_asked_is_not_offered_to_decide(signed_in):
    manager = UserFactory(role="manager")
    own = GrantFactory(state=GrantState.REQUESTED, requested_by=manager)
    client = signed_in(manager)

    assert "Somebody else decides" in client.get(PAGE).content.decode()
    assert client.post(deed(own, "approve"), headers=HTMX).status_code == 422
    own.refresh_from_db()
    assert own.state == GrantState.REQUESTED


@pytest.mark.parametrize("role_of_program", ["user", "requested_by"])
def test_whoever_made_the_program_that_asked_or_gets_it_is_not_offered_to_decide(
    signed_in, waiting, role_of_program
):
    manager = UserFactory(role="manager")
    program = UserFactory(is_api_client=True, created_by=manager)
    Grant.objects.filter(pk=waiting.pk).update(**{role_of_program: program})

    assert "Somebody else decides" in signed_in(manager).get(PAGE).content.decode()


def test_what_is_anothers_is_not_there(signed_in, waiting):
    client, session = signed_in(UserFactory(role="supervisor")), RoleSessionFactory()

    for url in (deed(waiting, "approve"), reverse("console-role-end", args=[session.public_id])):
        assert client.post(url, headers=HTMX).status_code == 404

    session.refresh_from_db()
    assert session.ended_at is None


def test_somebody_asks_and_withdraws(signed_in):
    user, role = UserFactory(role="agent"), RoleFactory()
    client = signed_in(user)
    wish = {"role": role.slug, "reason": "Nights", "kind": "standing", "not_after": "2099-03-01T08:00"}

    assert client.get(ASK).status_code == 200
    refused = client.post(ASK, {**wish, "reason": ""}, headers=HTMX)
    assert (refused.status_code, "Say what you need it for." in refused.content.decode()) == (422, True)
    assert client.post(ASK, wish, headers=HTMX).status_code == 204

    grant = Grant.objects.get(user=user, role=role)
    assert timezone.localtime(grant.not_after, timezone=ZoneInfo(user.zone)).hour == 8
    client.post(deed(grant, "withdraw"), headers=HTMX)
    grant.refresh_from_db()
    assert grant.state == GrantState.REVOKED


def test_somebody_acts_as_another_and_puts_it_down(signed_in):
    user = UserFactory(role="agent")
    client, grant = signed_in(user), on_demand(user)
    assert "Rescuer · at most 4 h" in client.get(TAKE).content.decode()

    taken = client.post(TAKE, {"role": grant.role.slug, "reason": "Peak", "hours": "2"}, headers=HTMX)
    assert (taken.status_code, '"go": "/console/live/"' in taken.headers["HX-Trigger"]) == (204, True)

    for url in (PAGE, reverse("console"), reverse("console-acting")):
        assert "Acting as Rescuer until" in client.get(url).content.decode()

    client.post(reverse("console-role-end", args=[RoleSession.objects.get().public_id]), headers=HTMX)
    assert "Acting as" not in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"reason": ""}, "Say what you need it for"),
        ({"hours": "6"}, "1 to 4 hours"),
        ({"role": "manager"}, "not given to you"),
        ({"role": "nothing"}, "Choose a role."),
    ],
)
def test_what_cannot_be_taken_on_is_said(signed_in, wish, told):
    user = UserFactory(role="agent")
    grant = on_demand(user)

    answer = signed_in(user).post(TAKE, {"role": grant.role.slug, "reason": "Peak", **wish}, headers=HTMX)

    assert (answer.status_code, told in answer.content.decode()) == (422, True)
    assert not RoleSession.objects.exists()


def test_emergencies_are_offered_to_managers_with_a_warning(signed_in):
    RoleFactory(name="Rescue", is_break_glass=True)

    page = signed_in(UserFactory(role="manager")).get(TAKE).content.decode()
    assert "Rescue · emergency, at most 1 h" in page
    assert "told at once" in page

    assert "Rescue" not in signed_in(UserFactory(role="supervisor")).get(TAKE).content.decode()


def test_nobody_is_nobody(client):
    for url in (PAGE, TAKE, ASK, reverse("console-acting")):
        assert client.get(url).status_code == 302


def test_the_page_costs_the_same_with_more_rows(signed_in):
    client, counts = signed_in(UserFactory(role="manager")), []
    client.get(PAGE)
    for more in (1, 20):
        for _ in range(more):
            GrantFactory(state=GrantState.REQUESTED, requested_by=UserFactory())
            GrantFactory(not_after=timezone.now() + timedelta(days=1))
            RoleSessionFactory()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
