"""Nobody gives away what reaches further than what they hold."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access import clients, grants
from apps.access.enums import GrantKind
from apps.access.models import Role
from apps.access.policies import services
from apps.access.reach import RoleBeyondOwn
from apps.access.tests.factories import GrantFactory, PolicyFactory, RoleFactory, UserFactory, VendorFactory
from apps.access.tests.test_policies import saying
from apps.common import context

pytestmark = pytest.mark.django_db

POWERS = ["access:ManagePolicies", "access:ManageRoles", "access:ManageUsers"]
READ = "chat:ReadSession"
MEMBER = "acs:helpdesk:*:*:member/*"
SHOES = "acs:helpdesk:*:*:queue/shoes/*"
OFFICE = {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}


def holder(*documents, actions=(), **role):
    """Somebody who manages access, and holds a role that says ``documents`` too; ``user.role`` is that role."""
    user = UserFactory()
    GrantFactory(user=user, role=RoleFactory(actions=POWERS))
    user.role = RoleFactory(actions=list(actions), **role)
    user.role.policies.set([PolicyFactory(document=document) for document in documents])
    GrantFactory(user=user, role=user.role)
    return user


def hands_out(actor, document):
    """Whether ``actor`` can make a role that says ``document``."""
    policy = PolicyFactory(document=document)
    try:
        services.attach(RoleFactory(actions=[]), [policy], actor=actor)
    except RoleBeyondOwn:
        return False
    return True


@pytest.mark.parametrize(
    ("held", "given", "fits"),
    [
        (saying(), saying(), True),
        (saying(), saying(resource=SHOES), True),
        (saying(resource=SHOES), saying(), False),
        (saying(resource=SHOES), saying(resource="acs:helpdesk:*:*:queue/bags/*"), False),
        (saying(resource="acs:helpdesk:*:*:queue/sh*/*"), saying(resource=SHOES), True),
        (
            saying(resource="acs:helpdesk:*:*:queue/sh*/*"),
            saying(resource="acs:helpdesk:*:*:queue/*/*"),
            False,
        ),
        (
            saying(resource="acs:helpdesk:*:*:queue/?hoes/*"),
            saying(resource="acs:helpdesk:*:*:queue/*hoes/*"),
            False,
        ),
        (saying(resource=SHOES), saying(resource="acs:helpdesk:*:*:inbox/shoes/*"), False),
        (saying(action="chat:*"), saying(), True),
        (saying(), saying(action="chat:*"), False),
        (saying(Condition=OFFICE), saying(), False),
        (saying(Condition=OFFICE), saying(Condition=OFFICE), True),
        (saying(Condition=OFFICE), saying(Condition={"IpAddress": {"acs:SourceIp": "10.1.0.0/16"}}), True),
        (
            saying(Condition=OFFICE),
            saying(Condition={"IpAddress": {"acs:SourceIp": ["10.1.0.0/16", "::/0"]}}),
            False,
        ),
        (saying(Condition=OFFICE), saying(Condition={"Bool": {"acs:MFAPresent": "true"}}), False),
        (saying(), saying(Condition=OFFICE), True),
    ],
)
def test_places_and_conditions_count_not_names(held, given, fits):
    assert hands_out(holder(held), given) is fits


def refunds(amount, operator="NumericLessThan"):
    return saying(action="refunds:ApproveRefund", Condition={operator: {"helpdesk:Amount": amount}})


def test_a_lower_limit_fits_into_a_higher_one():
    actor = holder(refunds(500))

    assert hands_out(actor, refunds(100))
    assert not hands_out(actor, refunds(501))
    assert not hands_out(actor, refunds(100, "NumericGreaterThan"))


def test_what_is_denied_to_the_giver_is_denied_with_what_they_give():
    deny = saying("Deny", resource=SHOES)
    actor = holder(saying(), deny)

    assert not hands_out(actor, saying())
    assert hands_out(actor, {"Version": "1", "Statement": saying()["Statement"] + deny["Statement"]})
    assert hands_out(actor, saying(resource="acs:helpdesk:*:*:queue/bags/*"))


def test_what_is_denied_where_the_giver_belongs_is_not_kept_by_a_denial_where_others_do():
    def both(allowed, **denied):
        statements = saying(resource=allowed)["Statement"] + saying("Deny", **denied)["Statement"]
        return {"Version": "1", "Statement": statements}

    actor = holder(saying(), saying("Deny", resource=MEMBER))

    assert not hands_out(actor, both("*", resource=MEMBER))
    assert not hands_out(actor, both(SHOES, resource=MEMBER))
    assert hands_out(actor, both(MEMBER, resource=MEMBER))
    assert hands_out(actor, both(SHOES, resource=SHOES))
    assert hands_out(holder(saying()), both("*", resource=MEMBER))


def test_nobody_takes_a_denial_off_themselves():
    actor = holder(saying(), saying("Deny", resource=SHOES))
    policy = actor.role.policies.get(document__Statement__0__Effect="Deny")

    with pytest.raises(RoleBeyondOwn):
        services.attach(actor.role, actor.role.policies.exclude(pk=policy.pk), actor=actor)
    bags = saying("Deny", resource="acs:helpdesk:*:*:queue/bags/*")
    with pytest.raises(RoleBeyondOwn):
        services.change_policy(policy, actor=actor, version=1, document=bags)
    services.change_policy(policy, actor=actor, version=1, document=saying("Deny"))  # stricter

    assert actor.role.policies.filter(pk=policy.pk).exists()


def test_who_seats_people_in_queues_gives_what_reaches_members():
    member = saying(resource=MEMBER)
    everywhere = saying(action="routing:ManageQueues")

    assert not hands_out(holder(member), saying(resource=SHOES))
    assert hands_out(holder(member, everywhere), saying(resource=SHOES))
    assert not hands_out(holder(member, everywhere), saying())


def test_a_denial_is_taken_off_others_by_who_holds_what_it_frees():
    role = RoleFactory(actions=["chat:ReadSessionAny"])
    policy = PolicyFactory(document=saying("Deny", action="*", resource=SHOES))
    role.policies.add(policy)

    with pytest.raises(RoleBeyondOwn):
        services.attach(role, [], actor=holder())
    services.attach(role, [], actor=holder(saying()))

    assert not role.policies.exists()


def test_a_guardrail_is_loosened_by_whom_it_does_not_bind():
    deny = saying("Deny", Condition={"StringEquals": {"helpdesk:Vendor": "acme"}})
    guard = PolicyFactory(is_guardrail=True, document=deny)
    of_acme, own = holder(saying()), holder(saying())
    of_acme.vendor = VendorFactory(slug="acme")
    of_acme.save()

    for change in (
        lambda: services.delete_policy(guard, actor=of_acme),
        lambda: services.change_policy(guard, actor=of_acme, version=1, is_guardrail=False),
    ):
        with pytest.raises(RoleBeyondOwn):
            change()
    services.delete_policy(guard, actor=own)


def test_nobody_widens_a_policy_that_they_hold():
    actor = holder(saying(resource=SHOES))
    policy = actor.role.policies.get()

    with pytest.raises(RoleBeyondOwn) as caught:
        services.change_policy(policy, actor=actor, version=1, document=saying())
    assert caught.value.extra == {"beyond": READ, "place": "*"}

    services.change_policy(policy, actor=actor, version=1, document=saying(resource=SHOES, Condition=OFFICE))


def test_a_role_is_given_for_no_longer_than_the_giver_holds_it():
    now = timezone.now()
    actor, role = holder(), RoleFactory(actions=["chat:ReadSession"])
    mine = GrantFactory(user=actor, role=role, not_after=now + timedelta(days=1))

    for until in (None, now + timedelta(days=2)):
        with pytest.raises(RoleBeyondOwn):
            grants.give_role(actor=actor, user=UserFactory(), role=role, not_after=until)
    with pytest.raises(RoleBeyondOwn):
        grants.change_grant(mine, actor=actor, not_after=None)

    grants.give_role(actor=actor, user=UserFactory(), role=role, not_after=now + timedelta(hours=1))


def test_hours_of_a_role_bound_what_its_holder_gives():
    hours = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]
    actor = holder(actions=["chat:ReadSession"], hours=hours)

    with pytest.raises(RoleBeyondOwn):
        clients.save_role(Role(slug="free", name="Free", actions=["chat:ReadSession"]), actor=actor)
    clients.save_role(Role(slug="same", name="Same", actions=["chat:ReadSession"], hours=hours), actor=actor)

    actor.role.hours = []
    with pytest.raises(RoleBeyondOwn):
        clients.save_role(actor.role, actor=actor)


@pytest.mark.parametrize(
    "bound", [{"requires_mfa": True}, {"needs_approval": True}, {"max_session_hours": 2}]
)
@pytest.mark.parametrize("kind", GrantKind)
def test_nobody_loosens_what_bounds_a_role_of_their_own(bound, kind):
    role = RoleFactory(actions=["chat:ReadSession"], **bound)
    actor, other = holder(actions=["chat:ReadSession"]), holder(actions=["chat:ReadSession"])
    GrantFactory(user=actor, role=role, kind=kind)
    role.requires_mfa, role.needs_approval, role.max_session_hours = False, False, 4

    with pytest.raises(clients.OwnRole):
        clients.save_role(role, actor=actor)
    clients.save_role(role, actor=other)


def test_a_program_does_not_loosen_what_bounds_its_maker():
    actor, role = holder(), RoleFactory(actions=["chat:ReadSession"], requires_mfa=True)
    GrantFactory(user=actor, role=role)
    program = holder(actions=["chat:ReadSession"])
    program.is_api_client, program.created_by = True, actor
    program.save()
    role.requires_mfa = False

    with pytest.raises(clients.OwnRole):
        clients.save_role(role, actor=program)


def test_a_program_gives_nothing_that_its_token_is_not_good_for():
    root = UserFactory(is_superuser=True)
    with context.use(context.RequestContext(facts={"scopes": ["access:*"]})):
        with pytest.raises(RoleBeyondOwn):
            clients.save_role(Role(slug="wide", name="Wide", actions=[READ]), actor=root)
        clients.save_role(Role(slug="fits", name="Fits", actions=["access:ManageUsers"]), actor=root)
