from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access import people
from apps.access import services as access
from apps.access.actors import SYSTEM
from apps.access.models import Role, User
from apps.access.preferences import choose_locale
from apps.access.reach import RoleBeyondOwn
from apps.access.registry import base_of
from apps.access.signin import factors, links
from apps.access.tests.factories import ROLES, ApiTokenFactory, GrantFactory, RoleFactory, UserFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid

pytestmark = pytest.mark.django_db


def test_people_are_saved_and_on_record():
    manager, user = UserFactory(role="manager"), User(username="mei")

    access.save_person(user, actor=manager, changed=["username"])

    assert User.objects.filter(username="mei").exists()
    assert AuditEvent.objects.deeds().get().data == {"changed": ["username"]}


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client", None])
def test_only_managers_save_people(role):
    actor = UserFactory(role=role)

    with pytest.raises(AccessDenied):
        access.save_person(User(username="mei"), actor=actor)

    assert not User.objects.filter(username="mei").exists()
    assert not access.can(actor, "access:ManageUsers")
    assert not AuditEvent.objects.deeds().exists()


def test_managers_make_and_unmake_no_superusers():
    manager, root = UserFactory(role="manager"), UserFactory(is_superuser=True)
    root.is_superuser = False

    for row in (User(username="eve", is_superuser=True), root):
        with pytest.raises(AccessDenied):
            access.save_person(row, actor=manager)

    root.refresh_from_db()
    assert root.is_superuser
    assert access.save_person(User(username="root2", is_superuser=True), actor=SYSTEM).pk


# What people choose for themselves


def test_people_choose_their_language():
    user = UserFactory()

    choose_locale(user, actor=user, locale="zh-hans")

    user.refresh_from_db()
    assert user.locale == "zh-hans"


def test_nobody_chooses_for_others_or_a_language_that_is_not_spoken():
    user = UserFactory()

    with pytest.raises(AccessDenied):
        choose_locale(user, actor=UserFactory(is_superuser=True), locale="zh-hans")
    with pytest.raises(Invalid):
        choose_locale(user, actor=user, locale="tlh")

    user.refresh_from_db()
    assert user.locale == "en"


# Names


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        ({"display_name": "Mei"}, "Mei"),
        ({"first_name": "Mei", "last_name": "Li"}, "Mei Li"),
        ({"username": "mei"}, "mei"),
    ],
)
def test_people_are_called_by_the_best_name_there_is(fields, label):
    assert str(UserFactory(**fields)) == label


# Who am I?


def test_me_says_what_i_may():
    client = APIClient()
    client.force_login(UserFactory(role="auditor"))

    body = client.get("/api/v1/me/").json()

    held = set(Role.objects.get(slug="auditor").actions)
    assert set(body["actions"]) == held | {
        base_of(action) for action in held
    }  # who may everywhere may somewhere
    assert body["actions"] == sorted(body["actions"])


def test_me_is_for_the_signed_in():
    response = APIClient().get("/api/v1/me/")

    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")


# The admin

PAGES = ["user", "role", "apitoken"]


@pytest.fixture
def manager(client):
    user = UserFactory(role="manager", is_staff=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize("page", PAGES)
def test_managers_see_people_roles_and_tokens(client, manager, page):
    token = ApiTokenFactory()
    pk = {"user": manager.pk, "role": Role.objects.first().pk, "apitoken": token.pk}[page]

    assert client.get(reverse(f"admin:access_{page}_changelist")).status_code == 200
    detail = client.get(reverse(f"admin:access_{page}_change", args=[pk]))
    assert detail.status_code == 200
    assert token.digest not in detail.content.decode()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", [role for role in ROLES if role != "manager"])
def test_others_do_not(client, page, role):
    client.force_login(UserFactory(role=role, is_staff=True))

    assert client.get(reverse(f"admin:access_{page}_changelist")).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_the_lists_take_the_same_queries_for_more_rows(client, manager, page):
    url = reverse(f"admin:access_{page}_changelist")
    client.get(url)
    counts = []
    for number in range(2):
        for more in range(number + 1):
            ApiTokenFactory(token=f"{number}-{more}")
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_manager_adds_a_person_in_the_admin(client, manager):
    form = {
        "username": "mei",
        "usable_password": "true",
        "password1": "a long walk by the sea",
        "password2": "a long walk by the sea",
        "grants-TOTAL_FORMS": 0,
        "grants-INITIAL_FORMS": 0,
    }

    client.post(reverse("admin:access_user_add"), form)

    assert User.objects.filter(username="mei").exists()
    assert AuditEvent.objects.filter(action="access:ManageUsers", actor_id=manager.pk).exists()


def test_a_manager_cannot_change_a_superuser_in_the_admin(client, manager):
    root = UserFactory(is_superuser=True)

    client.post(reverse("admin:access_user_change", args=[root.pk]), {"username": "hacked"})
    password = client.post(reverse("admin:auth_user_password_change", args=[root.pk]), {})

    root.refresh_from_db()
    assert root.username != "hacked"
    assert password.status_code == 403


def test_a_manager_revokes_a_token_in_the_admin(client, manager):
    token = ApiTokenFactory()

    client.post(
        reverse("admin:access_apitoken_changelist"), {"action": "revoke", "_selected_action": [token.pk]}
    )

    assert access.user_of_token("secret") is None


def test_nobody_deletes_people(client, manager):
    user = UserFactory()

    assert (
        client.post(reverse("admin:access_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 403
    )
    assert User.objects.filter(pk=user.pk).exists()


# Whoever chooses how somebody signs in can act as them

SECRET = "a long walk by the sea"


@pytest.fixture
def clerk():
    """Somebody who manages people, and may do nothing else."""
    return GrantFactory(user__is_staff=True, role=RoleFactory(actions=["access:ManageUsers"])).user


TAKEOVERS = {
    "password": lambda user, actor: people.update_person(user, actor=actor, password=SECRET),
    "address": lambda user, actor: people.update_person(user, actor=actor, email="eve@mail.example"),
    "invitation": lambda user, actor: links.invite(user, actor=actor),
    "factors": lambda user, actor: factors.reset_factors(user, actor=actor),
}


@pytest.mark.parametrize("deed", TAKEOVERS.values(), ids=TAKEOVERS.keys())
def test_nobody_takes_over_who_holds_more(clerk, deed):
    above = UserFactory(role="manager", email="mei@shop.example", password="!")
    peer = UserFactory(email="li@shop.example", password="!")

    with pytest.raises(RoleBeyondOwn):
        deed(above, clerk)

    above.refresh_from_db()
    assert (above.email, above.password) == ("mei@shop.example", "!")
    deed(peer, clerk)
    deed(above, UserFactory(role="manager"))


def test_what_is_held_later_or_on_demand_counts(clerk):
    grant = GrantFactory(kind="on_demand", not_before=timezone.now() + timedelta(days=1))

    with pytest.raises(RoleBeyondOwn):
        people.update_person(grant.user, actor=clerk, password=SECRET)


def test_other_fields_are_for_who_manages_people(clerk):
    user = UserFactory(role="manager", email="mei@shop.example", password="!")

    changed = people.update_person(user, actor=clerk, email="mei@shop.example", display_name="Mei")

    assert changed.display_name == "Mei"


def password_page(client, user, **form):
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    return client.post(url, {"usable_password": "true", "password1": SECRET, "password2": SECRET, **form})


def test_a_password_set_in_the_admin_is_on_record(client, manager):
    user = UserFactory(role="agent")

    assert password_page(client, user).status_code == 302

    user.refresh_from_db()
    assert user.check_password(SECRET)
    assert AuditEvent.objects.deeds().get().data == {"changed": ["password"]}


def test_in_the_admin_too_nobody_takes_over_who_holds_more(client, clerk):
    client.force_login(clerk)
    user = UserFactory(role="manager", email="mei@shop.example", password="!")
    GrantFactory(user=clerk, role=RoleFactory(actions=["access:EnterAdmin"]))

    password_page(client, user)
    grants = {"grants-TOTAL_FORMS": 0, "grants-INITIAL_FORMS": 0}
    form = {"username": user.username, "email": "eve@mail.example", "locale": "en", "zone": "UTC"} | grants
    url = reverse("admin:access_user_change", args=[user.pk])
    client.post(url, form)

    user.refresh_from_db()
    assert (user.email, user.password) == ("mei@shop.example", "!")
    client.force_login(UserFactory(role="manager", is_staff=True))
    client.post(url, form)
    user.refresh_from_db()
    assert user.email == "eve@mail.example"


def test_whoever_sets_their_own_password_there_stays_signed_in(client, manager):
    assert password_page(client, manager).status_code == 302

    assert client.get("/api/v1/me/").status_code == 200
    manager.refresh_from_db()
    assert manager.check_password(SECRET)


def test_a_password_is_taken_away_in_the_admin(client, manager):
    user = UserFactory(role="agent")
    user.set_password(SECRET)
    user.save()

    password_page(client, user, usable_password="false", **{"unset-password": "1"})

    user.refresh_from_db()
    assert not user.has_usable_password()
