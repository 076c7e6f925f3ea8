"""Sheets, forms and refreshes on a slow machine: no press vanishes, and nothing that was written is lost."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from apps.chat.tests.factories import active_session, customer_says
from apps.orders.tests.factories import OrderLineFactory
from apps.refunds.models import Refund
from apps.refunds.tests.factories import limit, paid_order
from apps.tickets import services
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import make_agent, opened

pytestmark = [pytest.mark.django_db(transaction=True)]

# What a busy main thread does: timers that are due soon come much later.
LATE_TIMERS = """() => {
  const timer = window.setTimeout;
  window.setTimeout = (work, ms, ...rest) => timer(work, ms > 0 && ms < 50 ? 1500 : ms, ...rest);
}"""


@pytest.fixture
def new_ticket(console, agent, queue):
    """The console with the sheet of a new ticket, on a machine whose timers are late."""
    chat = active_session(agent, queue=queue)
    customer_says(chat, "The heel of my shoe is torn")
    desk = console(agent).open(chat)
    desk.page.evaluate(LATE_TIMERS)
    desk.card("tickets").get_by_role("button", name="New ticket").click()
    expect(subject(desk.page)).to_have_value("The heel of my shoe is torn")
    return desk.page


def sheet(page):
    return page.locator('dialog[data-dialog="sheet"]')


def subject(page):
    return sheet(page).get_by_label("Subject")


def message(page):
    return sheet(page).get_by_label("Message", exact=True)


def press_open(page):
    sheet(page).get_by_role("button", name="Open ticket").click()


def late(pattern, seconds):
    """What answers to ``pattern`` comes ``seconds`` later."""

    def handle(route):
        route.request.frame.page.wait_for_timeout(seconds * 1000)
        route.continue_()

    return pattern, handle


def test_a_sheet_takes_a_press_as_soon_as_it_shows(new_ticket):
    message(new_ticket).fill("Promised a call.")
    press_open(new_ticket)

    expect(new_ticket.locator(".toast")).to_contain_text("Ticket T-")
    assert "?" not in new_ticket.url
    assert Ticket.objects.get().messages.filter(body="Promised a call.").exists()


def test_the_caret_stays_where_somebody_writes(new_ticket):
    message(new_ticket).focus()
    new_ticket.keyboard.type("Promised a call")
    new_ticket.wait_for_timeout(1600)  # what was late has come
    new_ticket.keyboard.type(" until Friday.")

    expect(message(new_ticket)).to_have_value("Promised a call until Friday.")
    expect(subject(new_ticket)).to_have_value("The heel of my shoe is torn")


def test_a_sheet_that_could_not_be_sent_stays_as_it_was_written(new_ticket):
    new_ticket.route("**/console/tickets/new/", lambda route: route.abort())
    message(new_ticket).fill("Promised a call.")
    press_open(new_ticket)
    expect(new_ticket.locator(".toast")).to_contain_text("did not answer")
    expect(message(new_ticket)).to_have_value("Promised a call.")

    new_ticket.unroute("**/console/tickets/new/")
    press_open(new_ticket)

    expect(sheet(new_ticket)).to_be_hidden()
    assert Ticket.objects.count() == 1


def test_a_press_beside_a_sheet_leaves_what_is_written_in_it(new_ticket):
    message(new_ticket).fill("Promised a call.")
    new_ticket.mouse.click(5, 5)
    expect(message(new_ticket)).to_have_value("Promised a call.")

    message(new_ticket).fill("")
    new_ticket.mouse.click(5, 5)

    expect(sheet(new_ticket)).to_be_hidden()


def test_a_press_before_the_scripts_have_come_is_not_lost(at, agent):
    page = at(agent, "/console/tickets/", route=late("**/js/console/page.js", 1.5), ready=False)
    page.get_by_role("button", name="New ticket").click()

    expect(subject(page)).to_be_visible()


def test_an_answer_sent_before_the_scripts_have_come_arrives(at, agent, queue):
    ticket = opened(queue=queue)
    path = f"/console/tickets/{ticket.number}/"
    page = at(agent, path, route=late("**/htmx-2.min.js", 1.5), ready=False)
    page.locator("[name=body]").fill("We sent a new pair.")
    page.locator("[data-send]").click()

    expect(page.locator('.ticket-turn[data-side="agent"]')).to_contain_text("We sent a new pair.")
    assert page.url.endswith(path)


def test_a_half_written_tag_outlives_the_customers_news(at, agent, queue):
    ticket = opened(queue=queue)
    page = at(agent, f"/console/tickets/{ticket.number}/")
    page.get_by_label("Add a tag").press_sequentially("hee")
    services.add_customer_message(
        ticket, customer=ticket.customer, body="It has just come!", via="web", ref=uuid4()
    )
    page.evaluate("htmx.trigger(document.querySelector('[data-ticket-news]'), 'news')")
    expect(page.get_by_text("It has just come!")).to_be_visible()

    page.keyboard.type("l")
    page.keyboard.press("Enter")

    expect(page.locator(".ticket-tags .badge")).to_have_text("heel")
    expect(page.get_by_label("Add a tag")).to_have_value("")


def test_what_is_added_while_a_note_travels_stays(at, agent, queue):
    ticket = opened(queue=queue)
    page = at(agent, f"/console/tickets/{ticket.number}/", route=late("**/tickets/*/messages/", 1))
    page.keyboard.press("n")
    page.keyboard.type("First.")
    page.keyboard.press("Control+Enter")
    page.keyboard.type(" Second.")

    expect(page.locator(".ticket-turn", has_text="First.")).to_be_visible()
    expect(page.locator("[name=body]")).to_have_value("Second.")


@pytest.fixture
def refund_sheet(at, queue, live_desk):
    """The dialog of a refund of ¥100.00 that the agent may pay alone."""
    agent = make_agent(queue)
    limit("agent", own="500", approve="0")
    ticket = opened(queue=queue)
    OrderLineFactory(order=paid_order("100.00", customer=ticket.customer), unit_price="20.00", qty=2)
    page = at(agent, f"/console/tickets/{ticket.number}/")
    page.get_by_role("button", name="Refund").click()
    expect(sheet(page).locator("[name=amount]")).to_be_focused()
    return page


def test_the_caret_leaves_no_field_for_a_late_answer(refund_sheet):
    page = refund_sheet
    page.route(*late("**/refunds/new/sum/**", 1))
    sheet(page).get_by_label("Pieces").select_option("1")
    sheet(page).locator("[name=note]").focus()
    page.keyboard.type("The sole ")
    expect(sheet(page).locator("#refund-submit")).to_contain_text("20.00")
    page.keyboard.type("is loose.")

    expect(sheet(page).locator("[name=note]")).to_have_value("The sole is loose.")
    expect(sheet(page).locator("[name=amount]")).to_have_value("20.00")


def test_a_press_counts_although_the_button_changes_under_it(refund_sheet):
    page = refund_sheet
    sheet(page).locator("[name=reason]").select_option("damaged")
    sheet(page).locator("[name=amount]").press_sequentially("20.00")
    sheet(page).locator("#refund-submit").hover()
    page.mouse.down()
    expect(sheet(page).locator("#refund-submit")).to_contain_text("20.00")
    page.mouse.up()

    expect(page.locator(".toast")).to_contain_text("20.00")
    assert Refund.objects.count() == 1
