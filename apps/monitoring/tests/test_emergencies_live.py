import pytest

from apps.access import role_sessions
from apps.access.tests.factories import RoleFactory, UserFactory
from apps.chat.tests.conftest import desk
from apps.common.aio import run_db

__all__ = ["desk"]


@pytest.fixture
def boss(transactional_db):
    return UserFactory(role="manager")


@pytest.fixture
def manager(transactional_db):
    return UserFactory(role="manager", display_name="Mei")


@pytest.fixture
def role(transactional_db):
    return RoleFactory(name="Rescue", is_break_glass=True)


async def test_whoever_watches_sees_an_emergency_at_once(desk, boss, manager, role, settings):
    settings.CHAT_SWEEP_S = 600  # no sweep comes to help
    async with desk.agent(boss) as screen:
        await screen.settle()
        await run_db(lambda: role_sessions.assume_role(role, actor=manager, reason="Refunds run wild"))
        alert = await screen.expect("alert")
    assert alert["text"] == "Emergency: Mei took on “Rescue”. Refunds run wild"
