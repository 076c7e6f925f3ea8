import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.access import clients
from apps.access import services as access
from apps.access.models import ApiClient, ApiToken, Role, User
from apps.access.registry import known_actions
from apps.access.tests.factories import UserFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid

pytestmark = pytest.mark.django_db


def person(role="manager", **kwargs):
    return UserFactory(role=role, **kwargs)


def held_by(user):
    return sorted(access.actions_of(user))[:3]


def test_a_role_of_the_shops_own_works_like_any():
    manager = person()
    role = clients.save_role(Role(slug="import", name="Import", actions=held_by(manager)), actor=manager)

    client, _token = clients.create_api_client(actor=manager, name="ERP", roles=[role])

    assert sorted(access.actions_of(client)) == role.actions
    assert AuditEvent.objects.filter(action="access:ManageRoles", actor_id=manager.pk).exists()


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_only_managers_make_roles(role):
    actor = person(role)

    with pytest.raises(AccessDenied):
        clients.save_role(Role(slug="mine", name="Mine", actions=[]), actor=actor)

    assert not Role.objects.filter(slug="mine").exists()


def test_nobody_gives_away_what_they_do_not_hold():
    manager = person()
    foreign = sorted(known_actions() - set(access.actions_of(manager)))[:1]

    with pytest.raises(AccessDenied):
        clients.save_role(Role(slug="more", name="More", actions=foreign), actor=manager)


def test_unknown_actions_are_named():
    with pytest.raises(Invalid) as caught:
        clients.save_role(Role(slug="odd", name="Odd", actions=["chat:Fly"]), actor=person())

    assert "chat:Fly" in str(caught.value.fields["actions"])


def test_system_roles_follow_the_code():
    agent = Role.objects.get(slug="agent")
    agent.actions = []

    with pytest.raises(clients.SystemRole):
        clients.save_role(agent, actor=UserFactory(is_superuser=True))

    assert Role.objects.get(slug="agent").actions


def test_a_system_role_cannot_be_renamed_into_a_plain_one():
    agent = Role.objects.get(slug="agent")
    agent.slug = "plain"

    with pytest.raises(clients.SystemRole):
        clients.save_role(agent, actor=UserFactory(is_superuser=True))


def test_a_client_signs_in_by_token_only():
    role = Role.objects.get(slug="api_client")

    client, token = clients.create_api_client(
        actor=UserFactory(is_superuser=True), name="ERP 系统", roles=[role]
    )

    answer = APIClient().get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["name"] == "ERP 系统"
    assert not client.has_usable_password()


def test_it_is_kept_who_made_a_client():
    manager = person()

    client, _token = clients.create_api_client(actor=manager, name="ERP", roles=[])

    assert ApiClient.objects.get(pk=client.pk).created_by == manager


def test_what_a_program_makes_is_its_makers_too():
    manager = person()
    program = UserFactory(role="manager", is_api_client=True, created_by=manager)

    client, _token = clients.create_api_client(actor=program, name="ERP", roles=[])

    assert manager.is_behind(client)


def test_a_program_is_also_theirs_who_have_had_a_token_of_it():
    maker, renewer = person(), person()
    client, _token = clients.create_api_client(actor=maker, name="ERP", roles=[])
    assert not renewer.is_behind(client)

    clients.renew_client_token(client, actor=renewer)

    assert renewer.is_behind(client)
    assert maker.is_behind(client)
    assert not person().is_behind(client)


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client"])
def test_only_managers_make_clients(role):
    with pytest.raises(AccessDenied):
        clients.create_api_client(actor=person(role), name="ERP", roles=[])

    assert not ApiClient.objects.exists()


def test_a_client_changes_over_to_a_new_token():
    manager = person()
    client, old = clients.create_api_client(actor=manager, name="ERP", roles=[])

    new = clients.renew_client_token(client, actor=manager)

    assert {access.user_of_token(token).pk for token in (old, new)} == {client.pk}


def test_a_stopped_client_is_out_at_once():
    manager = person()
    client, token = clients.create_api_client(actor=manager, name="ERP", roles=[])

    clients.stop_api_client(client, actor=manager)

    assert access.user_of_token(token) is None
    assert not ApiToken.objects.filter(revoked_at=None).exists()


def test_stopping_is_for_managers():
    client, token = clients.create_api_client(actor=person(), name="ERP", roles=[])

    with pytest.raises(AccessDenied):
        clients.stop_api_client(client, actor=person("agent"))

    assert access.user_of_token(token) is not None


def admin_page():
    browser = Client()
    browser.force_login(UserFactory(is_superuser=True, is_staff=True))
    return browser


def test_the_admin_makes_a_client_and_shows_its_token_once():
    browser = admin_page()
    role = Role.objects.get(slug="api_client")

    done = browser.post(
        "/admin/access/apiclient/add/", {"display_name": "ERP", "roles": [role.pk], "days": 30}, follow=True
    )

    client = ApiClient.objects.get()
    assert "shown only this once" in done.content.decode()
    assert client.grants.get().role == role
    assert "shown only this once" not in browser.get("/admin/access/apiclient/").content.decode()


def test_the_admin_stops_a_client():
    browser = admin_page()
    client, token = clients.create_api_client(actor=UserFactory(is_superuser=True), name="ERP", roles=[])

    browser.post(f"/admin/access/apiclient/{client.pk}/change/", {"access_apiclient_stop": "1"})

    assert access.user_of_token(token) is None


def test_the_admin_makes_a_role():
    browser = admin_page()
    action = sorted(access.actions_of(person()))[0]

    form = {"name": "Import", "slug": "import", "actions": [action], "max_session_hours": 4, "hours": ""}
    browser.post("/admin/access/role/add/", form | {"zone": "UTC"})

    assert Role.objects.get(slug="import").actions == [action]


def test_the_admin_lets_nobody_change_what_a_system_role_may_do():
    page = (
        admin_page().get(f"/admin/access/role/{Role.objects.get(slug='agent').pk}/change/").content.decode()
    )

    assert 'name="needs_approval"' in page
    assert 'name="actions"' not in page


def test_people_are_not_listed_among_clients():
    person()

    assert User.objects.exists()
    assert not ApiClient.objects.exists()
