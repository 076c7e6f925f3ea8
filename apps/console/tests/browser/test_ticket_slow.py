"""A ticket's page while an answer of the desk is still on its way, or did not come."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from apps.console.tests.browser.slow import Held, answers_lost, unreachable
from apps.tickets import services
from apps.tickets.models import TicketAttachment
from apps.tickets.tests.factories import make_agent, opened

pytestmark = [pytest.mark.django_db(transaction=True)]
LOOK = "htmx.trigger(document.querySelector('[data-ticket-news]'), 'news')"


@pytest.fixture
def ticket(queue):
    return opened(queue=queue)


@pytest.fixture
def page(at, agent, ticket):
    return at(agent, f"/console/tickets/{ticket.number}/")


def field(page):
    return page.locator("[name=body]")


def press(page, mode):
    page.locator(f"[data-ticket-mode={mode}]").click()


def write(page, mode, text):
    press(page, mode)
    field(page).fill(text)


def reply_without_answer(page, text):
    write(page, "reply", text)
    with answers_lost(page, "messages/"):
        field(page).press("Control+Enter")
        expect(page.locator(".toast--red")).to_be_visible()


def attach(page, name):
    page.set_input_files("[data-files]", {"name": name, "mimeType": "text/plain", "buffer": b"No scan."})


def said(ticket, agent):
    return list(ticket.messages.filter(author_user=agent).order_by("seq").values_list("kind", "body"))


def test_a_second_press_sends_nothing_that_was_begun_meanwhile(page, agent, ticket):
    write(page, "note", "He is not happy.")
    with Held(page, "messages/"):
        field(page).press("Control+Enter")
        field(page).press("Control+Enter")
        write(page, "reply", "Dear")
    expect(page.locator(".ticket-turn", has_text="He is not happy.")).to_be_visible()
    page.wait_for_timeout(500)

    expect(field(page)).to_have_value("Dear")
    expect(page.locator("[data-error]")).to_be_empty()
    assert said(ticket, agent) == [("note", "He is not happy.")]


def test_a_file_that_is_added_while_words_travel_stays(page, agent, ticket):
    write(page, "note", "Look at the scans.")
    with Held(page, "messages/"):
        field(page).press("Control+Enter")
        attach(page, "scans.txt")
    expect(page.locator(".ticket-turn", has_text="Look at the scans.")).to_be_visible()
    expect(page.locator("[data-tray] li")).to_have_text("scans.txt")
    page.locator("[data-send]").click()

    expect(page.locator(".ticket-file")).to_contain_text("scans.txt")
    assert TicketAttachment.objects.count() == 1


def test_a_file_of_a_note_does_not_go_to_the_customer(page, agent, ticket):
    write(page, "note", "Internal")
    attach(page, "margins.txt")
    write(page, "reply", "We are looking for it.")
    expect(page.locator("[data-tray] li")).to_have_count(0)
    page.locator("[data-send]").click()
    expect(page.locator('.ticket-turn[data-side="agent"]')).to_be_visible()
    assert not TicketAttachment.objects.exists()
    press(page, "note")
    expect(page.locator("[data-tray] li")).to_have_text("margins.txt")
    page.locator("[data-send]").click()

    expect(page.locator('.ticket-turn[data-side="note"] .ticket-file')).to_contain_text("margins.txt")


def test_the_status_chosen_for_the_next_reply_stays(page, ticket):
    write(page, "reply", "We are looking for it.")
    with Held(page, "messages/"):
        field(page).press("Control+Enter")
        page.get_by_label("Status after the reply").select_option("pending")
    expect(page.locator('.ticket-turn[data-side="agent"]')).to_be_visible()

    expect(page.get_by_label("Status after the reply")).to_have_value("pending")


def test_a_text_changed_after_a_lost_answer_is_sent(page, agent, ticket):
    reply_without_answer(page, "We are looking.")
    field(page).fill("We have found it.")
    field(page).press("Control+Enter")

    expect(page.locator(".ticket-turn", has_text="We have found it.")).to_be_visible()
    assert said(ticket, agent) == [("reply", "We are looking."), ("reply", "We have found it.")]


def test_the_same_text_after_a_lost_answer_is_there_once(page, agent, ticket):
    reply_without_answer(page, "We are looking.")
    field(page).press("Control+Enter")

    expect(field(page)).to_have_value("")
    assert said(ticket, agent) == [("reply", "We are looking.")]


def test_a_note_after_a_reply_whose_answer_was_lost_is_written(page, agent, ticket):
    reply_without_answer(page, "We are looking.")
    write(page, "note", "Ask the carrier.")
    field(page).press("Control+Enter")

    expect(page.locator(".ticket-turn", has_text="Ask the carrier.")).to_be_visible()
    assert said(ticket, agent) == [("reply", "We are looking."), ("note", "Ask the carrier.")]


def test_a_field_that_could_not_be_set_shows_what_it_is(page, ticket):
    with unreachable(page, "change/"):
        page.get_by_label("Priority").select_option("urgent")

    expect(page.get_by_label("Priority")).to_have_value("normal")
    page.get_by_label("Priority").select_option("urgent")
    expect(page.locator(".ticket-event", has_text="Urgent")).to_be_visible()


def test_two_fields_changed_at_once_are_no_conflict(page, ticket):
    with Held(page, "change/"):
        page.get_by_label("Priority").select_option("urgent")
        page.wait_for_timeout(100)
        expect(page.get_by_label("Status", exact=True)).to_be_disabled()
    expect(page.locator(".ticket-event", has_text="Urgent")).to_be_visible()
    page.get_by_label("Status", exact=True).select_option("open")

    expect(page.locator("#ticket-title")).to_contain_text("Open")
    expect(page.locator("[data-conflict]")).to_have_count(0)


def test_news_that_come_late_take_back_nothing(page, agent, ticket):
    services.add_customer_message(
        ticket, customer=ticket.customer, body="It has just come!", via="web", ref=uuid4()
    )
    with Held(page, "news/**", done=True):
        page.evaluate(LOOK)
        page.wait_for_timeout(500)
        page.get_by_label("Priority").select_option("urgent")
        expect(page.locator(".ticket-event", has_text="Urgent")).to_be_visible()
    page.wait_for_timeout(500)

    expect(page.locator(".ticket-event", has_text="Urgent")).to_be_visible()
    expect(page.get_by_label("Priority")).to_have_value("urgent")


def test_a_wish_that_met_a_conflict_outlives_the_news(page, queue, ticket):
    colleague = make_agent(queue)
    services.change_ticket(ticket, actor=colleague, version=None, priority="urgent")
    page.get_by_label("Priority").select_option("low")
    expect(page.locator("[data-conflict]")).to_contain_text("Urgent → Low")
    services.add_note(ticket, actor=colleague, body="Leave it urgent.", ref=uuid4())
    page.evaluate(LOOK)
    expect(page.locator(".ticket-turn", has_text="Leave it urgent.")).to_be_visible()
    expect(page.locator("[data-conflict]")).to_contain_text("Urgent → Low")
    page.locator("[data-conflict]").get_by_role("button", name="Change it all the same").click()

    expect(page.locator("[data-conflict]")).to_have_count(0)
    expect(page.get_by_label("Priority")).to_have_value("low")


def test_that_no_news_come_is_said_once_and_until_they_do(page):
    toasts = page.locator(".toast--red")
    with unreachable(page, "news/**"):
        for _ in range(3):
            page.evaluate(LOOK)
            page.wait_for_timeout(100)
        expect(toasts).to_have_count(1)
        page.wait_for_timeout(6_500)  # another would have left
        expect(toasts).to_have_count(1)
    page.evaluate(LOOK)

    expect(toasts).to_have_count(0)


def test_what_would_take_for_ever_ends(page):
    assert page.evaluate("htmx.config.timeout") == 30_000
    page.evaluate("htmx.config.timeout = 300")
    with Held(page, "change/"):
        page.get_by_label("Priority").select_option("urgent")
        expect(page.locator(".toast--red")).to_contain_text("did not answer")
        expect(page.get_by_label("Priority")).to_be_enabled()


def test_a_file_may_take_long(page, agent, ticket):
    page.evaluate("htmx.config.timeout = 300")
    attach(page, "scan.txt")
    write(page, "reply", "Here it is.")
    with Held(page, "messages/"):
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(600)

    expect(page.locator(".ticket-turn", has_text="Here it is.")).to_be_visible()
    expect(page.locator(".toast--red")).to_have_count(0)
