"""Ways round the rule that nobody gives away what reaches further than what they hold."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm

from apps.access import clients, grants, people
from apps.access import services as access
from apps.access.enums import GrantKind
from apps.access.models import Policy, Role, User
from apps.access.policies import services
from apps.access.policies.builtin import sync_system_policies
from apps.access.reach import RoleBeyondOwn
from apps.access.tests.factories import (
    GrantFactory,
    PolicyFactory,
    RoleFactory,
    UserFactory,
    VendorFactory,
)
from apps.access.tests.test_policies import saying
from apps.access.tests.test_reach import POWERS, READ, SHOES, hands_out, holder
from apps.common import context
from apps.routing.models.queues import SERVE
from apps.routing.tests.factories import QueueFactory

pytestmark = pytest.mark.django_db
PASSWORD = "Sehr-lang-und-gut-77"
NOWHERE = "acs:helpdesk:*:*:queue/none/*"
READ_ANY = "chat:ReadSessionAny"


def denying(*users, **part):
    """A role that denies to read chats, held by ``users``."""
    role = RoleFactory(actions=[])
    role.policies.add(PolicyFactory(document=saying("Deny", **part)))
    for user in users:
        GrantFactory(user=user, role=role)
    return role


def signing_in(user):
    user.set_password(PASSWORD)
    user.save()
    return user


# Denials


def test_a_denial_is_not_lifted_by_making_it_a_guardrail_elsewhere():
    actor = holder(saying(), saying("Deny"))
    policy = actor.role.policies.get(document__Statement__0__Effect="Deny")

    with pytest.raises(RoleBeyondOwn):
        services.change_policy(
            policy, actor=actor, version=1, is_guardrail=True, document=saying("Deny", resource=NOWHERE)
        )


@pytest.mark.parametrize("way", ["give it up", "end it", "start it later", "few hours"])
def test_nobody_sheds_a_role_that_denies_what_another_allows(way):
    actor, soon = holder(saying()), timezone.now() + timedelta(minutes=1)
    role = denying(actor)
    grant = role.grants.get()
    ways = {
        "give it up": lambda: grants.revoke_grant(grant, actor=actor),
        "end it": lambda: grants.change_grant(grant, actor=actor, not_after=soon),
        "start it later": lambda: grants.change_grant(grant, actor=actor, not_before=soon),
        "few hours": lambda: clients.save_role(role, actor=actor),
    }
    role.hours = [{"days": [soon.isoweekday() % 7 + 1], "from": "00:00", "to": "00:01"}]

    with pytest.raises(RoleBeyondOwn):
        ways[way]()
    assert not access.can(actor, READ)


def test_what_denies_nothing_else_is_given_up():
    actor = UserFactory()
    grants.revoke_grant(GrantFactory(user=actor, role=denying()), actor=actor)
    grants.revoke_grant(GrantFactory(user=actor), actor=actor)


def test_a_denial_is_lifted_by_who_holds_what_their_other_roles_allow():
    bob = UserFactory()
    GrantFactory(user=bob, role=RoleFactory(actions=[READ_ANY]))
    role = denying(bob)

    with pytest.raises(RoleBeyondOwn):
        services.attach(role, [], actor=holder())
    with pytest.raises(RoleBeyondOwn):
        grants.revoke_grant(role.grants.get(), actor=holder())
    services.attach(role, [], actor=holder(saying()))


def test_a_guardrail_made_by_mistake_is_taken_back_by_its_maker_alone():
    maker, other = UserFactory(role="manager"), UserFactory(role="manager")
    fields = {"is_guardrail": True, "document": saying("Deny"), "name": "Oops"}
    mine = services.create_policy(actor=maker, slug="oops", **fields)
    ours = services.create_policy(actor=other, slug="both", **fields)
    stricter = {"Version": "1", "Statement": saying("Deny")["Statement"] * 2}
    services.change_policy(ours, actor=maker, version=1, document=stricter)

    for policy, actor in ((mine, other), (ours, maker), (ours, other)):
        with pytest.raises(RoleBeyondOwn):
            services.delete_policy(policy, actor=actor)
    services.delete_policy(mine, actor=maker)


@pytest.mark.django_db(transaction=True)
def test_two_denials_that_excuse_each_other_do_not_both_go(monkeypatch):
    actor = holder(saying(), saying("Deny"), saying("Deny"))
    start, outcomes = threading.Barrier(2, timeout=20), []

    def loosen(policy):
        start.wait()
        try:
            document = saying("Deny", resource=NOWHERE)
            services.change_policy(policy, actor=actor, version=1, document=document)
            outcomes.append("saved")
        except RoleBeyondOwn as error:
            outcomes.append(error.code)
        connection.close()

    denials = actor.role.policies.filter(document__Statement__0__Effect="Deny")
    threads = [threading.Thread(target=loosen, args=[policy]) for policy in denials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["role_beyond_own", "saved"]
    assert not access.can(actor, READ)


# Time


@pytest.mark.parametrize("way", ["actions", "policies"])
def test_what_is_held_for_a_day_is_not_built_into_a_role_for_good(way):
    actor = UserFactory()
    mine = RoleFactory(actions=POWERS)
    GrantFactory(user=actor, role=mine)
    day = timezone.now() + timedelta(days=1)
    GrantFactory(user=actor, role=RoleFactory(actions=[READ_ANY]), not_after=day)
    mine.actions = [*POWERS, READ_ANY]
    ways = {
        "actions": lambda: clients.save_role(mine, actor=actor),
        "policies": lambda: services.attach(mine, [PolicyFactory(document=saying())], actor=actor),
    }

    with pytest.raises(RoleBeyondOwn):
        ways[way]()


# Seats


@pytest.mark.parametrize("allowed", [True, False])
def test_a_denial_of_seating_is_not_seating(allowed):
    seats = "routing:ManageQueues"
    documents = [saying(resource="acs:helpdesk:*:*:member/*"), saying("Deny", action=seats)]
    actor = holder(*documents, *([saying(action=seats)] if allowed else []))

    assert not hands_out(actor, saying(resource=SHOES))


# Who somebody is


def test_the_password_of_who_belongs_elsewhere_is_not_theirs_to_set():
    alice, bob = holder(actions=[READ]), UserFactory()
    GrantFactory(user=bob, role=alice.role)
    queue = QueueFactory()
    assign_perm(SERVE, bob, queue)

    with pytest.raises(RoleBeyondOwn):
        people.set_password(bob, actor=alice, password=PASSWORD)
    assign_perm(SERVE, alice, queue)
    people.set_password(bob, actor=alice, password=PASSWORD)


def test_a_denial_that_does_not_count_excuses_nothing():
    alice, bob = holder(saying(), saying("Deny", resource=SHOES)), UserFactory()
    GrantFactory(user=bob, role=RoleFactory(actions=[READ_ANY]))
    grants.give_role(actor=alice, user=bob, role=denying(resource=SHOES), kind=GrantKind.ON_DEMAND)

    with pytest.raises(RoleBeyondOwn):
        people.set_password(bob, actor=alice, password=PASSWORD)


def test_what_somebody_only_asked_for_does_not_keep_help_from_them():
    manager, agent = UserFactory(role="manager"), UserFactory(role="agent")
    grants.request_role(Role.objects.get(slug="auditor"), actor=agent, reason="Curious")

    people.set_password(agent, actor=manager, password=PASSWORD)


def test_a_token_sheds_its_scopes_by_no_password():
    manager = signing_in(UserFactory(role="manager"))
    root, other = signing_in(UserFactory(is_superuser=True)), signing_in(UserFactory(is_superuser=True))
    with context.use(context.RequestContext(facts={"scopes": ["access:ManageUsers"]})):
        for actor, user in ((manager, manager), (root, other), (root, root)):
            with pytest.raises(RoleBeyondOwn):
                people.set_password(user, actor=actor, password="Ganz-anders-und-lang-88")


def test_a_token_drops_no_guardrail_on_what_it_is_not_good_for():
    guard, root = PolicyFactory(is_guardrail=True, document=saying("Deny")), UserFactory(is_superuser=True)
    with context.use(context.RequestContext(facts={"scopes": ["access:*"]})), pytest.raises(RoleBeyondOwn):
        services.delete_policy(guard, actor=root)


@pytest.mark.parametrize("change", [{"username": "boss"}, {"vendor": None}])
def test_nobody_becomes_somebody_else_to_policies(change):
    actor = signing_in(holder(saying()))
    User.objects.filter(pk=actor.pk).update(vendor=VendorFactory(slug="acme"))

    program = UserFactory(is_api_client=True, created_by=actor, vendor=User.objects.get(pk=actor.pk).vendor)
    for grant in actor.grants.all():
        GrantFactory(user=program, role=grant.role)

    for by in (actor, program):
        with pytest.raises(people.OwnIdentity):
            people.update_person(actor, actor=by, **change)


# What a manager does every day


@pytest.mark.parametrize("slug", ["outsourced-agent", "peak-helper", "no-export"])
def test_a_manager_attaches_what_comes_with_the_desk(slug):
    sync_system_policies()
    services.attach(
        RoleFactory(actions=[]), [Policy.objects.get(slug=slug)], actor=UserFactory(role="manager")
    )


@pytest.mark.parametrize("slug", ["agent", "supervisor", "manager", "api_client"])
def test_a_manager_gives_the_usual_roles(slug):
    role, manager = Role.objects.get(slug=slug), UserFactory(role="manager")
    grants.give_role(actor=manager, user=UserFactory(), role=role)
    role.requires_mfa = True
    clients.save_role(role, actor=manager)
