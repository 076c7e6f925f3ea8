from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import translation

from apps.access import principals
from apps.access import services as access
from apps.access.models import Policy, Role, RoleSession
from apps.access.policies.builtin import document_of, sync_system_policies
from apps.access.policies.decisions import Bundle, PolicySet
from apps.access.policies.document import parse, problems_of
from apps.access.policies.files import system_files
from apps.access.policies.reaching import resource_in
from apps.access.policies.resources import Extent, Resource, Target
from apps.access.registry import base_of, known_actions
from apps.access.tests.factories import (
    ROLES,
    ApiTokenFactory,
    GrantFactory,
    PolicyFactory,
    RoleFactory,
    RoleSessionFactory,
    UserFactory,
)
from apps.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
APPROVE, READ = "refunds:ApproveRefund", "chat:ReadSession"
MEMBER, ELSEWHERE = resource_in(Target("member")), resource_in(Target("*"))


@pytest.mark.parametrize("slug", sorted(system_files()))
def test_each_file_is_a_policy_and_its_slug_is_its_name(slug):
    row = system_files()[slug]

    assert problems_of(document_of(row)) == []
    assert row.slug == slug
    assert row.name_zh
    assert row.description_zh
    assert Policy.objects.get(slug=slug).is_system


@pytest.mark.parametrize("role", ROLES)
def test_the_policy_of_a_role_decides_as_the_role_does(role):
    stored = Policy.objects.get(slug=f"role-{role.replace('_', '-')}")
    own = principals.inline(tuple(Role.objects.get(slug=role).actions))
    as_role, as_policy = (
        PolicySet((Bundle("", statements),)) for statements in (own, parse(stored.document))
    )

    for action in known_actions():
        for asked in (Resource(Extent.SOMETHING), Resource(Extent.EVERYTHING), MEMBER, ELSEWHERE):
            decisions = [one.decide(base_of(action), asked, {}).allowed for one in (as_role, as_policy)]
            assert decisions[0] is decisions[1], (action, asked)


def test_a_file_that_says_something_else_is_a_new_version():
    Policy.objects.filter(slug="no-export").update(document=PolicyFactory().document, name="?")
    Policy.objects.filter(slug="read-only-access").delete()

    sync_system_policies()
    sync_system_policies()

    policy = Policy.objects.get(slug="no-export")
    assert (policy.version, policy.name) == (2, "No export")
    assert list(policy.versions.values_list("number", "author")) == [(2, None), (1, None)]
    assert policy.versions.first().document == policy.document
    assert AuditEvent.objects.get(action="access:ManagePolicies").data["version"] == 2
    assert Policy.objects.get(slug="read-only-access").version == 1


def test_a_shops_own_policy_keeps_its_slug_and_its_words():
    Policy.objects.filter(slug="no-export").update(is_system=False, name="Ours")

    sync_system_policies()

    assert Policy.objects.get(slug="no-export").name == "Ours"


def test_what_lost_its_file_is_the_shops_own():
    gone = PolicyFactory(is_system=True)

    sync_system_policies()

    gone.refresh_from_db()
    assert not gone.is_system


def test_nothing_changed_takes_few_queries(django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        sync_system_policies()


def test_they_speak_the_readers_language():
    policy = Policy.objects.get(slug="no-export")

    with translation.override("zh-hans"):
        assert (str(policy), policy.purpose[:3]) == ("禁止导出", "取消导")
    assert str(policy) == "No export"


@pytest.mark.parametrize(
    ("slug", "situation", "amount", "allowed"),
    [
        ("refunds-up-to-500", {}, "500", True),
        ("refunds-up-to-500", {}, "500.01", False),
        ("mfa-for-refund-approval", {"acs:mfapresent": True}, "9", True),
        ("mfa-for-refund-approval", {"acs:mfapresent": False}, "9", False),
        ("office-network-only", {"acs:sourceip": "192.168.3.4"}, "9", True),
        ("office-network-only", {"acs:sourceip": "203.0.113.9"}, "9", False),
    ],
)
def test_what_they_take_from_a_supervisor(slug, situation, amount, allowed):
    role = Role.objects.get(slug="supervisor")
    role.policies.add(Policy.objects.get(slug=slug))
    held = principals.policies_of(UserFactory(role="supervisor"))
    refund = Resource(Extent.ONE, "refund", attributes={"helpdesk:amount": Decimal(amount)})

    assert held.decide(APPROVE, refund, situation).allowed is allowed


# The action that got another name


def test_what_was_stored_says_the_new_name():
    migration = import_module("apps.access.migrations.0006_approve_refund")
    old = {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": "refunds:DecideRefund", "Resource": "*"},
            {"Effect": "Deny", "Action": ["refunds:Decide*", READ], "Resource": "*"},
            {"Effect": "Allow", "Action": ["refunds:*"], "Resource": "*"},
        ],
    }
    role = RoleFactory(actions=[READ, "refunds:DecideRefund"])
    policy, token = PolicyFactory(document=old), ApiTokenFactory(scopes=["refunds:DecideRefund"])
    policy.versions.create(number=1, document=old, at=token.created_at)
    RoleSessionFactory(policy=old)
    RoleSessionFactory(policy=None)

    migration.forwards(apps, None)

    for row in (role, policy, token):
        row.refresh_from_db()
    assert [statement["Action"] for statement in policy.document["Statement"]] == [
        APPROVE,
        ["refunds:Decide*", APPROVE, READ],
        ["refunds:*"],
    ]
    assert policy.versions.get().document == policy.document
    assert RoleSession.objects.exclude(policy=None).filter(policy=policy.document).exists()
    assert (role.actions, token.scopes) == ([READ, APPROVE, APPROVE + "Any"], [APPROVE])
    user = GrantFactory(user=UserFactory(), role=role).user
    assert principals.policies_of(user).decide(APPROVE, Resource(Extent.EVERYTHING), {}).allowed

    migration.backwards(apps, None)

    role.refresh_from_db()
    assert role.actions == [READ, "refunds:DecideRefund"]
    assert not access.can(user, APPROVE)
