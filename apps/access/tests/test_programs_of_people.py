"""What a policy says of somebody by name, for the programs that are theirs."""

import pytest

from apps.access import clients
from apps.access import services as access
from apps.access.models import Role, User
from apps.access.policies.explaining import explain
from apps.access.reach import RoleBeyondOwn, require_held
from apps.access.tests.factories import ApiTokenFactory, GrantFactory, PolicyFactory, RoleFactory, UserFactory
from apps.chat.models import ChatSession

pytestmark = pytest.mark.django_db
SEND = "chat:SendMessage"


@pytest.fixture
def mei():
    return UserFactory(username="mei", role="manager")


def named(effect, name, operator="StringEquals"):
    condition = {operator: {"acs:PrincipalName": name}}
    part = {"Effect": effect, "Action": "chat:*", "Resource": "*", "Condition": condition}
    return {"Version": "1", "Statement": [part]}


def forbidden_to(name, operator="StringEquals"):
    return PolicyFactory(slug="not-them", is_guardrail=True, document=named("Deny", name, operator))


def program(role="agent", **by):
    return UserFactory(role=role, is_api_client=True, **by)


def of_a_token(issuer):
    theirs = program()
    ApiTokenFactory(user=theirs, issued_by=issuer, token=theirs.username)
    return theirs


@pytest.mark.parametrize("made", [lambda mei: program(created_by=mei), of_a_token])
def test_what_is_denied_to_somebody_by_name_is_denied_to_their_programs(mei, made):
    theirs, others = made(mei), made(UserFactory())
    forbidden_to("mei")

    assert not access.can(theirs, SEND)
    assert SEND not in access.actions_of(theirs)
    assert access.can(others, SEND)
    assert not access.can(program(created_by=mei), SEND)


def test_a_denial_to_all_but_one_is_for_the_programs_of_that_one(mei):
    forbidden_to("mei", "StringNotEquals")

    assert access.can(mei, SEND)
    assert not access.can(program(created_by=mei), SEND)


def test_what_is_allowed_to_somebody_by_name_is_not_allowed_to_their_programs(mei):
    role = Role.objects.create(slug="named", name="Named")
    role.policies.add(PolicyFactory(document=named("Allow", "mei")))

    assert not access.can(program(role="named", created_by=mei), SEND)


def test_lists_leave_out_what_is_denied_to_whoever_made_the_program(mei):
    theirs = program(role="supervisor", created_by=mei)
    rows = ChatSession.objects.all()
    assert not access.reachable(rows, theirs, "chat:ReadSession").query.is_empty()

    forbidden_to("mei")

    assert access.reachable(rows, theirs, "chat:ReadSession").query.is_empty()


def test_the_explanation_says_that_the_denial_holds(mei):
    forbidden_to("mei")

    found = explain(program(created_by=mei), SEND)

    assert found.deciding.policy == "not-them"
    assert [one.applies for one in found.considered if one.policy == "not-them"] == [True]


def test_a_program_gives_nothing_that_is_denied_to_whoever_made_it(mei):
    theirs, agent = program(role="manager", created_by=mei), Role.objects.get(slug="agent")
    require_held(theirs, agent, until=None)
    Role.objects.get(slug="manager").policies.add(PolicyFactory(document=named("Deny", "mei")))

    with pytest.raises(RoleBeyondOwn):
        require_held(theirs, agent, until=None)


def test_nobody_gives_what_a_guardrail_denies_them_by_name(mei):
    agent, other = Role.objects.get(slug="agent"), UserFactory(role="manager")
    theirs = program(role="manager", created_by=mei)
    forbidden_to("mei")

    for giver in (mei, theirs):
        with pytest.raises(RoleBeyondOwn) as caught:
            require_held(giver, agent, until=None)
        assert caught.value.extra["beyond"].startswith("chat:")
    require_held(other, agent, until=None)


def test_a_guardrail_that_names_whom_it_leaves_out_binds_the_others_alike(mei):
    """Who gets the role is bound as its giver is."""
    forbidden_to("boss", "StringNotEquals")

    require_held(mei, Role.objects.get(slug="agent"), until=None)


def test_what_a_program_makes_is_theirs_whose_token_it_came_with(mei):
    user, manager = UserFactory(role="manager"), Role.objects.get(slug="manager")
    first, _token = clients.create_api_client(actor=mei, name="One", roles=[manager])
    came = access.user_of_token(clients.renew_client_token(first, actor=user))

    second, _token = clients.create_api_client(actor=came, name="Two", roles=[])

    assert (second.created_by, second.api_tokens.get().issued_by) == (user, user)
    assert not mei.is_behind(second)


def test_a_program_does_not_loosen_what_bounds_whoever_has_a_token_of_it(mei):
    theirs, role = of_a_token(mei), RoleFactory(actions=[], requires_mfa=True)
    GrantFactory(user=theirs, role=Role.objects.get(slug="manager"))
    GrantFactory(user=mei, role=role)
    role.requires_mfa = False

    with pytest.raises(clients.OwnRole):
        clients.save_role(role, actor=theirs)


def test_only_a_denial_by_name_of_a_program_takes_one_more_query(mei, django_assert_num_queries):
    person, theirs = UserFactory(role="agent"), program(created_by=mei)

    for user, before, after in ((person, 1, 1), (theirs, 1, 2)):
        with django_assert_num_queries(before):
            access.can(user, SEND)
        guardrail = forbidden_to("mei")
        with django_assert_num_queries(after):
            access.can(user, SEND)
        guardrail.delete()


def test_all_that_a_program_may_do_takes_the_names_once_outside_of_a_call(mei, django_assert_num_queries):
    theirs = program(created_by=mei)
    forbidden_to("mei")

    with django_assert_num_queries(2):
        assert SEND not in access.actions_of(theirs)


def test_a_program_that_somebody_makes_is_bound_at_once(mei):
    client, token = clients.create_api_client(actor=mei, name="ERP", roles=[Role.objects.get(slug="agent")])
    forbidden_to("mei")

    assert not access.can(access.user_of_token(token), SEND)
    assert list(User.objects.get(pk=client.pk).people_behind()) == [mei]
