"""Sheets that were closed, or followed by another, before the desk answered; and sessions that ended meanwhile."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from apps.chat.tests.factories import active_session
from apps.console.tests.browser.slow import Held, answers_lost
from apps.customers.models import Customer
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import opened

pytestmark = [pytest.mark.django_db(transaction=True)]
NEW = "tickets/new/"


@pytest.fixture
def page(at, agent, queue):
    opened(queue=queue)
    return at(agent, "/console/tickets/?view=open&status=new")


def sheet(page):
    return page.locator('dialog[data-dialog="sheet"]')


def subject(page):
    return sheet(page).get_by_label("Subject")


def open_new(page):
    page.get_by_role("button", name="New ticket").click()
    expect(subject(page)).to_be_visible()


def fill(page, *, email="jane@example.com", text="Wrong size"):
    sheet(page).get_by_text("Somebody new").click()
    sheet(page).get_by_label("E-mail").fill(email)
    subject(page).fill(text)
    sheet(page).get_by_label("Message", exact=True).fill("She wants a 38.")


def send(page):
    sheet(page).get_by_role("button", name="Open ticket").click()


def close(page):
    page.keyboard.press("Escape")
    expect(sheet(page)).to_be_hidden()


def test_a_sheet_that_was_closed_before_it_came_does_not_come(page, queue):
    with Held(page, NEW, done=True):
        page.get_by_role("button", name="New ticket").click()
        page.wait_for_timeout(400)
        close(page)
    page.wait_for_timeout(400)

    expect(page.locator("[data-sheet]")).to_be_empty()


def test_what_was_sent_from_a_sheet_that_was_closed_is_told(page):
    open_new(page)
    fill(page)
    with Held(page, NEW):
        send(page)
        close(page)

    expect(page.locator(".toast", has_text="opened")).to_be_visible()
    expect(page.locator("tr[data-ticket-row]")).to_have_count(2)
    assert "view=open" in page.url


def test_a_late_answer_leaves_the_next_sheet_alone(page):
    open_new(page)
    fill(page)
    with Held(page, NEW):
        send(page)
        close(page)
        page.get_by_role("button", name="Save as view").click()
        sheet(page).get_by_label("Name").fill("Mine and new")
    expect(page.locator(".toast", has_text="opened")).to_be_visible()

    expect(sheet(page).get_by_label("Name")).to_have_value("Mine and new")


def test_a_late_refusal_leaves_the_next_sheet_alone(page):
    open_new(page)
    fill(page, email="")
    with Held(page, NEW):
        send(page)
        close(page)
        page.get_by_role("button", name="Save as view").click()
        sheet(page).get_by_label("Name").fill("Mine and new")
    expect(page.locator(".toast--red")).to_contain_text("not accepted: Choose a customer")

    expect(sheet(page).get_by_label("Name")).to_have_value("Mine and new")


def test_a_sheet_that_is_being_sent_cannot_be_changed(page):
    open_new(page)
    fill(page)
    with Held(page, NEW):
        send(page)
        page.wait_for_timeout(100)
        subject(page).click(force=True)
        page.keyboard.type("and blue")
        expect(subject(page)).to_have_value("Wrong size")
    page.wait_for_url("**/console/tickets/*/", wait_until="commit")

    assert Ticket.objects.latest("pk").subject == "Wrong size"


def test_a_sheet_that_was_refused_can_be_changed_again(page):
    open_new(page)
    fill(page, email="")
    send(page)
    expect(sheet(page).get_by_text("Choose a customer, or")).to_be_visible()
    page.route(f"**/{NEW}", lambda route: route.abort())
    sheet(page).get_by_text("Somebody new").click()
    sheet(page).get_by_label("E-mail").fill("jane@example.com")
    send(page)
    expect(page.locator(".toast--red")).to_contain_text("did not answer")
    page.unroute(f"**/{NEW}")
    subject(page).press("End")
    page.keyboard.type(" and colour")
    send(page)

    page.wait_for_url("**/console/tickets/*/", wait_until="commit")
    assert Ticket.objects.latest("pk").subject == "Wrong size and colour"


def send_without_answer(page):
    with answers_lost(page, NEW):
        send(page)
        expect(page.locator(".toast--red")).to_contain_text("did not answer")


def test_what_is_said_while_a_sheet_is_open_is_above_it_and_outlives_it(page):
    open_new(page)
    fill(page)
    send_without_answer(page)
    page.locator(".toast--red").click(trial=True, timeout=2_000)
    close(page)

    expect(page.locator(".toast--red")).to_be_visible()


def test_what_is_sent_again_after_a_lost_answer_is_one_ticket(page):
    open_new(page)
    fill(page)
    send_without_answer(page)
    send(page)

    page.wait_for_url("**/console/tickets/*/", wait_until="commit")
    assert Ticket.objects.filter(subject="Wrong size").count() == 1
    assert Customer.objects.filter(email="jane@example.com").count() == 1


def test_a_form_that_is_changed_after_a_lost_answer_says_what_became_of_it(page):
    open_new(page)
    fill(page)
    send_without_answer(page)
    subject(page).fill("Wrong colour")
    send(page)
    first = Ticket.objects.get(subject="Wrong size")
    expect(sheet(page).locator(".form__error")).to_contain_text(
        f"Ticket {first.label} was opened from this form"
    )
    send(page)

    page.wait_for_url("**/console/tickets/*/", wait_until="commit")
    assert Ticket.objects.latest("pk").subject == "Wrong colour"


def test_who_was_signed_out_keeps_the_page_and_is_told(page):
    Session.objects.all().delete()
    page.evaluate("htmx.trigger(document.querySelector('[data-live-list]'), 'refresh')")
    expect(page.locator(".toast", has_text="signed out")).to_be_visible()

    expect(page.locator("tr[data-ticket-row]")).to_have_count(1)
    expect(page.locator("[name=password]")).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Sign in again").click()
    page.wait_for_url("**/login/**", wait_until="commit")
    assert "next=%2Fconsole%2Ftickets%2F%3Fview%3Dopen" in page.url


def test_the_news_of_a_ticket_in_a_sheet_do_not_cut_off_what_is_sent(console, agent, queue):
    chat = active_session(agent, queue=queue)
    ticket = opened(queue=queue, customer=chat.customer)
    desk = console(agent).open(chat)
    desk.card("tickets").get_by_text(ticket.label).click()
    priority = sheet(desk.page).get_by_label("Priority")
    with Held(desk.page, f"tickets/{ticket.number}/change/"):
        priority.select_option("urgent")
        desk.page.evaluate("htmx.trigger(document.querySelector('[data-ticket-news]'), 'news')")
        desk.page.wait_for_timeout(500)

    expect(sheet(desk.page).locator(".ticket-event", has_text="Urgent")).to_be_visible()
    expect(priority).to_have_value("urgent")
