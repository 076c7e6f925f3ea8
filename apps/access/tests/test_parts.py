from enum import StrEnum

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.test import APIRequestFactory

from apps.access import registry
from apps.access.actors import ROBOT, SYSTEM
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import Grant, Role
from apps.access.tests.factories import ApiTokenFactory, GrantFactory, UserFactory
from apps.common.api.permissions import IsPublic, IsSignedIn

# The registry


class DemoAction(StrEnum):
    LOOK = "demo:Look"
    TOUCH = "demo:Touch"


@pytest.fixture
def _own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_actions", set())
    monkeypatch.setattr(registry, "_defaults", {slug: set() for slug in registry.RoleSlug})


@pytest.mark.usefixtures("_own_registry")
def test_apps_register_what_roles_hold():
    registry.register_actions(DemoAction, agent={DemoAction.LOOK}, manager=set(DemoAction))

    assert registry.known_actions() == {"demo:Look", "demo:Touch"}
    assert registry.default_actions("agent") == ["demo:Look"]
    assert registry.default_actions("manager") == ["demo:Look", "demo:Touch"]
    assert registry.default_actions("auditor") == []


@pytest.mark.usefixtures("_own_registry")
def test_an_unknown_role_fails_at_start():
    with pytest.raises(ValueError, match="king"):
        registry.register_actions(DemoAction, king={DemoAction.LOOK})


def test_actions_are_named_alike():
    for action in registry.known_actions():
        app, _, name = action.partition(":")
        assert app.islower(), action
        assert name[0].isupper(), action


# Actors


@pytest.mark.parametrize(("actor", "kind"), [(SYSTEM, "system"), (ROBOT, "robot")])
def test_the_desk_itself_is_an_actor_without_a_key(actor, kind):
    assert (actor.actor_kind, actor.pk) == (kind, None)
    assert actor.actor_label


def test_users_are_actors():
    assert UserFactory.build().actor_kind == "user"


@pytest.mark.django_db
def test_rows_say_what_they_are():
    grant = GrantFactory(user__display_name="Mei")

    assert str(grant) == "Agent → Mei"
    assert str(ApiTokenFactory(name="Import")) == "Import"
    assert str(Role.objects.get(slug="agent")) == "Agent"
    assert not Role(slug="night-shift").is_system


# Who may enter


def request_of(user):
    request = APIRequestFactory().get("/")
    request.user = user
    return request


@pytest.mark.parametrize(
    ("user", "enters"),
    [(AnonymousUser(), False), (UserFactory.build(), True), (UserFactory.build(is_active=False), False)],
)
def test_only_the_signed_in_enter(user, enters):
    assert IsSignedIn().has_permission(request_of(user), None) is enters
    assert IsPublic().has_permission(request_of(user), None)


class Rows:
    def get_queryset(self, request):
        return Grant.objects.all()


class Page(ActionPermissions, Rows):
    view_action = "access:ManageUsers"


class EditablePage(Page):
    add_action = change_action = "access:ManageUsers"


@pytest.mark.django_db
def test_a_page_that_names_no_action_is_closed():
    request = request_of(UserFactory(role="manager"))
    page, editable = Page(), EditablePage()

    assert page.has_module_permission(request)
    assert (page.has_add_permission(request), page.has_change_permission(request)) == (False, False)
    assert (editable.has_add_permission(request), editable.has_change_permission(request)) == (True, True)
    assert not editable.has_delete_permission(request)


@pytest.mark.django_db
def test_a_page_is_closed_to_whoever_lacks_its_action():
    request = request_of(UserFactory(role="auditor"))
    editable = EditablePage()

    assert not editable.has_view_permission(request)
    assert not editable.has_add_permission(request)
    assert not editable.has_change_permission(request)


@pytest.mark.django_db
def test_rows_without_a_view_of_their_own_are_all_shown():
    GrantFactory()

    assert Page().get_queryset(request_of(UserFactory())).count() == 1
