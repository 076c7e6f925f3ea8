"""The list of tickets while an answer of the desk is still on its way, or did not come."""

import pytest
from playwright.sync_api import expect

from apps.console.tests.browser.slow import Held, unreachable
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import opened

pytestmark = [pytest.mark.django_db(transaction=True)]
LIST = "/console/tickets/?view=unassigned"


@pytest.fixture
def tickets(queue):
    return [opened(queue=queue) for _ in range(3)]


@pytest.fixture
def page(at, agent, tickets):
    return at(agent, LIST)


def bar(page):
    return page.locator("[data-bulk-bar]")


def choose(page, *tickets):
    for ticket in tickets:
        page.get_by_label(ticket.label).check()


def fields_of(ticket):
    return Ticket.objects.values_list("status", "priority", "assignee").get(pk=ticket.pk)


def test_what_could_not_be_set_is_not_set_with_the_next_change(page, tickets):
    choose(page, tickets[0])
    with unreachable(page, "tickets/bulk/"):
        bar(page).get_by_label("Set the status").select_option("solved")
    bar(page).get_by_label("Set the priority").select_option("urgent")

    expect(page.locator(".toast", has_text="1 ticket changed")).to_be_visible()
    assert fields_of(tickets[0]) == ("new", "urgent", None)


def test_a_second_press_changes_no_tickets_that_were_chosen_meanwhile(page, agent, tickets):
    choose(page, tickets[0])
    with Held(page, "tickets/bulk/"):
        bar(page).get_by_role("button", name="Take").dblclick()
        page.get_by_label(tickets[0].label).uncheck()
        choose(page, tickets[1])

    expect(page.locator("tr[data-ticket-row]")).to_have_count(2)
    assert [fields_of(ticket)[2] for ticket in tickets] == [agent.pk, None, None]


def test_what_was_chosen_meanwhile_stays_chosen(page, tickets):
    choose(page, tickets[0])
    with Held(page, "tickets/bulk/"):
        bar(page).get_by_role("button", name="Take").click()
        choose(page, tickets[1])

    expect(page.locator("tr[data-ticket-row]")).to_have_count(2)
    expect(page.get_by_label(tickets[1].label)).to_be_checked()
    expect(page.locator("[data-bulk-count]")).to_have_text("1 chosen")


def test_fresh_rows_that_come_late_leave_what_was_chosen(page, tickets):
    with Held(page, "?view=unassigned", done=True):
        page.evaluate("htmx.trigger(document.querySelector('[data-live-list]'), 'look')")
        choose(page, tickets[0], tickets[2])
    page.wait_for_timeout(300)

    expect(page.locator("[data-bulk-count]")).to_have_text("2 chosen")
    expect(page.get_by_label(tickets[0].label)).to_be_checked()
    expect(page.get_by_label(tickets[2].label)).to_be_checked()
