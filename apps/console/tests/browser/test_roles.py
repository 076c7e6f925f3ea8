from playwright.sync_api import expect

from apps.access.enums import GrantKind, GrantState
from apps.access.models import Grant, RoleSession
from apps.access.tests.factories import GrantFactory, RoleFactory, UserFactory
from apps.console.tests.browser.agent import AgentDesk
from apps.routing.tests.factories import QueueFactory, make_agent


def test_an_agent_takes_a_role_on_and_puts_it_down(live_desk, console):
    agent = make_agent(QueueFactory())
    GrantFactory(
        user=agent, role=RoleFactory(name="Night lead", max_session_hours=6), kind=GrantKind.ON_DEMAND
    )
    page = console(agent).page

    page.locator("[data-menu=own] > summary").click()
    expect(page.locator("[data-menu=own] .menu__panel")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Take on a role…").click()
    page.get_by_label("What do you need it for?").fill("Mei is ill")
    page.get_by_role("button", name="Take it on").click()

    line = page.locator(".acting")
    expect(line).to_contain_text("Acting as Night lead until")
    assert RoleSession.objects.get().user == agent

    line.get_by_role("button", name="End").click()
    expect(page.locator(".acting")).to_have_count(0)
    assert RoleSession.objects.get().ended_at is not None


def test_a_manager_decides_by_keys(live_desk, new_page):
    role = RoleFactory(name="Night lead")
    grants = [
        GrantFactory(role=role, state=GrantState.REQUESTED, requested_by=UserFactory()) for _ in range(2)
    ]
    desk = AgentDesk(new_page(), live_desk.base_url, UserFactory(role="manager"))
    page = desk.page
    page.goto(f"{live_desk.base_url}/console/access/")
    waiting = page.locator("[data-panel=waiting]")

    for key, left in (("y", 1), ("d", 0)):
        page.keyboard.press(key)
        expect(page.locator("[data-sheet] h2")).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(waiting.locator("tbody tr")).to_have_count(left)

    expect(waiting).to_contain_text("Nobody waits")
    assert desk.errors == []
    states = Grant.objects.filter(pk__in=[grant.pk for grant in grants]).order_by("pk")
    assert [grant.state for grant in states] == [GrantState.ACTIVE, GrantState.REJECTED]
