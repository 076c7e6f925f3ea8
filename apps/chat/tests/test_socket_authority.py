"""A socket lives no longer than the right with which it was opened: real sockets, real clocks."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.utils import timezone

from apps.access import grants, role_sessions
from apps.access import services as access
from apps.access.enums import GrantKind
from apps.access.models import Grant, Policy, Role, RoleSession, User
from apps.access.tests.factories import GrantFactory, RoleFactory, RoleSessionFactory, UserFactory
from apps.chat.consumers.hub import current_hub
from apps.chat.tests.client import Agent
from apps.common.aio import run_db

NOT_SIGNED_IN, FORBIDDEN = 4401, 4403
SOON_S = 0.8


@pytest.fixture
def swift(settings):
    settings.CHAT_SWEEP_S = 0.3


@pytest.fixture
def deaf_sweep(settings):
    """Too seldom to be what closes a socket."""
    settings.CHAT_SWEEP_S = 600


@pytest.fixture
def manager(transactional_db):
    return UserFactory(role="manager")


@pytest.fixture
def no_grants(chat):
    """The agent of the chat, who holds nothing any more."""
    Grant.objects.filter(user=chat.agent).delete()
    return chat.agent


def agent_role():
    return Role.objects.get(slug="agent")


def deactivate(agent, manager):
    agent.is_active = False
    access.save_person(agent, actor=manager, changed=["is_active"])


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda agent, boss: grants.revoke_grant(Grant.objects.get(user=agent), actor=boss), FORBIDDEN),
        (
            lambda agent, boss: grants.change_grant(
                Grant.objects.get(user=agent), actor=boss, not_after=timezone.now()
            ),
            FORBIDDEN,
        ),
        (lambda agent, boss: deactivate(agent, boss), NOT_SIGNED_IN),
    ],
    ids=["role taken", "time over", "deactivated"],
)
async def test_who_is_shut_out_is_out_at_once(desk, chat, manager, deaf_sweep, end, code):
    async with desk.agent(chat.agent) as agent:
        await agent.settle()
        await run_db(end, chat.agent, manager)
        assert await agent.closed() == code


@pytest.mark.parametrize("by_manager", [True, False])
async def test_an_assumed_role_that_is_ended_ends_the_socket(
    desk, no_grants, manager, deaf_sweep, by_manager
):
    session = await run_db(lambda: RoleSessionFactory(user=no_grants, role=agent_role()))
    async with desk.agent(no_grants) as agent:
        await agent.settle()
        await run_db(lambda: role_sessions.end_session(session, actor=manager if by_manager else no_grants))
        assert await agent.closed() == FORBIDDEN


async def test_the_token_of_an_assumed_role_ends_with_it(desk, no_grants, deaf_sweep):
    grant = await run_db(lambda: GrantFactory(user=no_grants, role=agent_role(), kind=GrantKind.ON_DEMAND))
    session = await run_db(
        lambda: role_sessions.assume_role_by_token(grant.role, actor=no_grants, reason="Import")
    )
    async with Agent(desk.url, token=session.token) as program:
        await program.hello()
        await run_db(lambda: role_sessions.end_session(session, actor=no_grants))
        assert await program.closed() == NOT_SIGNED_IN


async def test_a_token_is_worth_only_its_role_beside_the_persons_own_socket(desk, chat, swift):
    """Two sockets of one person in one sweep: each is looked at with what it was opened with."""
    role = await run_db(lambda: RoleFactory(actions=["chat:ReadSession"]))
    grant = await run_db(lambda: GrantFactory(user=chat.agent, role=role, kind=GrantKind.ON_DEMAND))
    session = await run_db(
        lambda: role_sessions.assume_role_by_token(grant.role, actor=chat.agent, reason="Import")
    )
    async with desk.agent(chat.agent) as own, Agent(desk.url, token=session.token) as program:
        await program.hello()
        await asyncio.sleep(SOON_S)
        await own.say(chat.id, "Hello")
        await program.send("send", session=chat.id, ref="6ba7b810-9dad-11d1-80b4-00c04fd430c8", body="No")
        assert (await program.expect("nack"))["code"] == "forbidden"


# What ends by itself is found by the sweep


@pytest.mark.parametrize(
    "end",
    [
        lambda agent: Grant.objects.filter(user=agent).update(
            not_after=timezone.now() + timedelta(seconds=0.2)
        ),
        lambda agent: Role.objects.filter(slug="agent").update(actions=[]),
        lambda agent: Role.objects.filter(slug="agent").update(
            hours=[{"days": [timezone.now().isoweekday() % 7 + 1], "from": "00:00", "to": "24:00"}],
            zone="UTC",
        ),
    ],
    ids=["grant expired", "role emptied", "out of hours"],
)
async def test_a_right_that_ends_ends_the_socket(desk, chat, swift, end):
    async with desk.agent(chat.agent) as agent:
        await agent.settle()
        try:
            await run_db(end, chat.agent)
            assert await agent.closed() == FORBIDDEN
        finally:
            await run_db(access.sync_system_roles)


async def test_an_assumed_role_whose_time_is_over_ends_the_socket(desk, no_grants, swift):
    await run_db(lambda: RoleSessionFactory(user=no_grants, role=agent_role()))
    async with desk.agent(no_grants) as agent:
        await agent.settle()
        await run_db(lambda: RoleSession.objects.update(not_after=timezone.now()))
        assert await agent.closed() == FORBIDDEN


async def test_in_the_pace_of_the_desk_it_takes_five_seconds(desk, chat):
    """With no wake-up, and the sweep as it is configured; as much again for a busy machine."""
    async with desk.agent(chat.agent) as agent:
        await agent.settle()
        await run_db(User.objects.filter(pk=chat.agent.pk).update, is_active=False)
        assert await agent.closed(within=2 * configured.CHAT_SWEEP_S) == NOT_SIGNED_IN


async def test_more_rights_are_there_without_a_new_socket(desk, chat, manager):
    """The agent's own role goes while an assumed one keeps the socket open."""
    async with desk.agent(chat.agent) as agent:
        await agent.settle()
        await run_db(lambda: RoleSessionFactory(user=chat.agent, role=agent_role()))
        await run_db(lambda: grants.revoke_grant(Grant.objects.get(user=chat.agent), actor=manager))
        await agent.say(chat.id, "Still here")
        assert await run_db(RoleSession.objects.count) == 1


async def test_a_right_that_holds_for_an_address_holds_for_its_socket(desk, no_grants, swift):
    """What the door knew, every look at the socket knows."""
    policy = {
        "Effect": "Allow",
        "Action": "chat:*",
        "Resource": "*",
        "Condition": {"IpAddress": {"acs:SourceIp": "127.0.0.0/8"}},
    }
    await run_db(attach, no_grants, {"Version": "1", "Statement": [policy]})
    async with desk.agent(no_grants) as agent:
        await agent.settle()
        await asyncio.sleep(SOON_S)
        assert agent.close_code is None
        await run_db(attach, no_grants, {"Version": "1", "Statement": [policy | {"Effect": "Deny"}]})
        assert await agent.closed() == FORBIDDEN


def attach(user, document):
    """Let ``document`` be all that counts for ``user``."""
    policy, _made = Policy.objects.update_or_create(
        slug="here", defaults={"name": "Here", "document": document}
    )
    if not user.grants.exists():
        GrantFactory(user=user, role=RoleFactory(actions=[])).role.policies.add(policy)


async def test_an_older_look_gives_no_right_back(desk, chat):
    async with desk.agent(chat.agent) as agent:
        await agent.settle()
        (consumer,) = current_hub()._connections
        before = consumer._look
        consumer.admit(replace(before, at=before.at + 1, writable=frozenset()))
        consumer.admit(before)

        assert before.writable
        assert not consumer._look.writable
