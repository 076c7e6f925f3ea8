"""Every kind of page under its policy, in a browser: nothing is refused, and what moves still moves."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from apps.access.tests.factories import StaffFactory
from apps.console.tests.browser.agent import AgentDesk
from apps.console.tests.browser.shopper import web_inbox
from apps.routing.models import AgentSkill
from apps.routing.tests.factories import CalendarFactory, HoursFactory, SkillFactory

pytestmark = [pytest.mark.django_db(transaction=True)]
REPORTS = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture
def walk(live_desk, new_page):
    """``walk(path)``: the page of a superuser there; in the end no page may have had anything refused or broken."""
    user = StaffFactory(role="manager", is_staff=True, is_superuser=True)
    page = new_page(viewport={"width": 1440, "height": 900})
    page.context.add_init_script(REPORTS)
    desk = AgentDesk(page, live_desk.base_url, user)

    def go(path):
        page.goto(f"{live_desk.base_url}{path}", wait_until="load")
        page.wait_for_timeout(150)
        desk.errors.extend(f"{path}: {refused}" for refused in page.evaluate("window.refused"))
        return page

    yield go
    desk.errors.extend(page.evaluate("window.refused"))
    assert desk.errors == []


def test_each_kind_of_page_loads_without_a_refusal(walk):
    web_inbox()
    calendar = HoursFactory().calendar
    paths = [
        "/",
        "/widget/?inbox=web",
        "/console/tickets/",
        "/console/live/",
        reverse("admin:index"),
        reverse("admin:knowledge_faq_changelist"),
        reverse("admin:knowledge_faq_add"),
        reverse("admin:knowledge_faq_import"),
        reverse("admin:routing_servicecalendar_change", args=[calendar.pk]),
        reverse("admin:access_user_changelist"),
        reverse("admin:access_user_add"),
        reverse("admin:audit_auditevent_changelist"),
        reverse("admin:orders_order_changelist"),
        reverse("admin:routing_servicecalendar_delete", args=[calendar.pk]),
        reverse("admin:routing_servicecalendar_history", args=[calendar.pk]),
    ]
    for path in paths:
        walk(path)


def test_the_documentation_of_the_api_draws_itself(walk):
    page = walk("/api/docs/")

    page.locator(".opblock-tag").first.wait_for()
    page.locator(".opblock-summary").first.click()

    expect(page.locator(".opblock-body").first).to_be_visible()


def test_the_menus_of_the_admin_open_and_its_lists_are_acted_upon(walk):
    CalendarFactory()
    page = walk(reverse("admin:routing_servicecalendar_changelist"))

    page.locator("input.action-select").first.check()
    page.locator("#changelist-actions select").select_option("delete_selected")

    expect(page.locator("#changelist-actions button[type=submit]")).to_be_visible()
    assert page.locator("#changelist-actions").evaluate("bar => bar.style.width").endswith("px")


def test_an_agent_is_found_in_the_theme_s_dropdown(walk):
    skill = SkillFactory()
    nina = StaffFactory(role="agent", username="nina")
    page = walk(reverse("admin:routing_skill_change", args=[skill.pk]))

    page.locator(".add-row").first.click()
    page.locator(".select2-selection:visible").first.click()
    page.locator(".select2-search__field").fill("nina")
    page.locator(".select2-results__option", has_text=str(nina)).click()
    page.locator("[name=_save]").click()

    page.wait_for_url("**/skill/")
    assert AgentSkill.objects.get(skill=skill).agent == nina
