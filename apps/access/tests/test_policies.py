"""Policies as people change them."""

import threading

import pytest
from django.db import connection

from apps.access import services as access
from apps.access.actors import SYSTEM
from apps.access.models import Policy, PolicyVersion, Role
from apps.access.policies import services
from apps.access.policies.preview import changes_of
from apps.access.policies.reaching import Reached
from apps.access.reach import RoleBeyondOwn
from apps.access.tests.factories import PolicyFactory, UserFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid

pytestmark = pytest.mark.django_db


def saying(effect="Allow", action="chat:ReadSession", resource="*", **part):
    part |= {"Effect": effect, "Action": action, "Resource": resource}
    return {"Version": "1", "Statement": [part]}


@pytest.fixture
def manager():
    return UserFactory(role="manager")


@pytest.fixture
def policy(manager):
    return services.create_policy(actor=manager, slug="all-chats", name="All chats", document=saying())


def attached(policy, slug="agent"):
    role = Role.objects.get(slug=slug)
    role.policies.add(policy)
    return role


def test_a_policy_counts_from_the_next_request(policy, manager):
    agent = UserFactory(role="agent")
    assert not access.can(agent, "chat:ReadSessionAny")

    services.attach(Role.objects.get(slug="agent"), [policy], actor=manager)
    assert access.can(agent, "chat:ReadSessionAny")

    services.attach(Role.objects.get(slug="agent"), [], actor=manager)
    assert not access.can(agent, "chat:ReadSessionAny")


def test_each_change_is_a_version_and_on_record(policy, manager):
    document = saying(action="chat:SendMessage", resource="acs:helpdesk:*:*:queue/shoes/*")
    services.change_policy(policy, actor=manager, version=1, document=document, note="Writing too")

    policy.refresh_from_db()
    assert policy.version == 2
    assert [(one.number, one.note) for one in policy.versions.all()] == [(2, "Writing too"), (1, "")]
    event = AuditEvent.objects.filter(action="access:ManagePolicies").first()
    assert (event.data["version"], event.data["document"]) == (2, document)


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "api_client", None])
def test_only_managers_change_policies(policy, role):
    actor = UserFactory(role=role)
    for change in (
        lambda: services.create_policy(actor=actor, slug="x", name="X", document=saying()),
        lambda: services.change_policy(policy, actor=actor, version=1, document=saying(effect="Deny")),
        lambda: services.delete_policy(policy, actor=actor),
        lambda: services.attach(Role.objects.get(slug="agent"), [policy], actor=actor),
    ):
        with pytest.raises(AccessDenied):
            change()

    policy.refresh_from_db()
    assert (Policy.objects.filter(is_system=False).count(), policy.version, policy.document) == (
        1,
        1,
        saying(),
    )
    assert not Role.objects.get(slug="agent").policies.exists()


def test_faults_are_named_and_nothing_is_stored(manager):
    with pytest.raises(Invalid) as caught:
        services.create_policy(actor=manager, slug="x", name="X", document=saying(action="chat:Fly"))

    assert "$.Statement[0].Action" in caught.value.fields
    assert not Policy.objects.filter(slug="x").exists()


def test_nobody_allows_what_they_do_not_hold(manager):
    foreign = "robot:AnswerSession"  # the robot's alone
    assert not access.can(manager, foreign)

    with pytest.raises(RoleBeyondOwn):
        services.create_policy(actor=manager, slug="x", name="X", document=saying(action=foreign))

    services.create_policy(actor=manager, slug="no", name="No", document=saying("Deny", foreign))


def test_nobody_locks_themselves_out(manager):
    with pytest.raises(services.LocksOut):
        services.create_policy(
            actor=manager, slug="x", name="X", is_guardrail=True, document=saying("Deny", "access:*")
        )

    assert not Policy.objects.filter(slug="x").exists()
    assert access.can(manager, "access:ManagePolicies")


def test_a_guardrail_denies_everybody_and_allows_nobody(manager):
    agent = UserFactory(role="agent")
    document = saying("Deny", "chat:SendMessage")
    document["Statement"] += saying(action="refunds:*")["Statement"]

    with pytest.raises(Invalid) as caught:
        services.create_policy(actor=SYSTEM, slug="quiet", name="Quiet", is_guardrail=True, document=document)
    assert list(caught.value.fields) == ["$.Statement[1].Effect"]

    PolicyFactory(is_guardrail=True, document=document)  # stored by other ways than the service

    assert not access.can(agent, "chat:SendMessage")
    assert not access.can(manager, "chat:SendMessage")
    assert not access.can(agent, "refunds:ReadRefundAny")


def test_what_comes_with_the_desk_and_what_is_in_use_stays(policy, manager):
    attached(policy)
    with pytest.raises(services.PolicyAttached):
        services.delete_policy(policy, actor=manager)

    Policy.objects.filter(pk=policy.pk).update(is_system=True)
    for change in (
        lambda: services.change_policy(policy, actor=manager, version=1, document=saying("Deny")),
        lambda: services.delete_policy(policy, actor=manager),
    ):
        with pytest.raises(services.SystemPolicy):
            change()
    assert Policy.objects.get(pk=policy.pk).document == saying()


def test_the_preview_names_who_gains_and_loses_what(policy):
    attached(policy)
    agent, _other = UserFactory(role="agent"), UserFactory(role="supervisor")

    [change] = changes_of(policy, saying(resource="acs:helpdesk:*:*:queue/shoes/*"))

    assert change.user == agent
    assert change.gained == ()
    assert change.lost == (Reached("chat:ReadSession", "*", conditional=False),)


def test_the_preview_of_a_denial_and_of_no_change(policy):
    attached(policy)
    agent = UserFactory(role="agent")

    assert changes_of(policy, saying()) == []
    [change] = changes_of(policy, saying("Deny"))

    assert change.user == agent
    assert change.lost == (Reached("chat:ReadSession", "*", conditional=False),)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_the_same_version_one_is_told(transactional_db):
    manager = UserFactory(is_superuser=True)
    policy = services.create_policy(actor=manager, slug="all-chats", name="All chats", document=saying())
    start, outcomes = threading.Barrier(2), []

    def change(action):
        start.wait()
        try:
            services.change_policy(policy, actor=manager, version=1, document=saying(action=action))
            outcomes.append("saved")
        except services.PolicyChanged:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=change, args=(one,)) for one in ("chat:SendMessage", "chat:CloseSession")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["saved", "told"]
    assert PolicyVersion.objects.filter(policy=policy).count() == 2
