"""Tickets at the browser: from a chat to its end, a conflict between two agents, the list and its keys."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from apps.chat.tests.factories import active_session, customer_says, queued_session
from apps.tickets import services
from apps.tickets.models import Ticket
from apps.tickets.tests.factories import make_agent, opened

pytestmark = [pytest.mark.django_db(transaction=True)]


def page_of(ticket) -> str:
    return f"/console/tickets/{ticket.number}/"


def sheet(page):
    return page.locator('dialog[data-dialog="sheet"]')


def test_a_ticket_from_a_chat_without_leaving_it(console, agent, queue):
    chat = active_session(agent, queue=queue)
    customer_says(chat, "The heel of my shoe is torn")
    desk = console(agent).open(chat)
    page = desk.page
    desk.card("tickets").get_by_role("button", name="New ticket").click()
    expect(sheet(page).get_by_label("Subject")).to_have_value("The heel of my shoe is torn")
    sheet(page).get_by_label("Message", exact=True).fill("Promised a call until Friday.")
    sheet(page).get_by_role("button", name="Open ticket").click()

    expect(page.locator(".toast")).to_contain_text("Ticket T-")
    expect(sheet(page)).to_be_hidden()
    ticket = Ticket.objects.get()
    assert (ticket.session, ticket.assignee) == (chat, agent)
    desk.card("tickets").get_by_text(ticket.label).click()
    expect(sheet(page).get_by_text("Promised a call until Friday.")).to_be_visible()
    sheet(page).get_by_role("button", name="Solve").click()
    expect(sheet(page).locator("#ticket-title")).to_contain_text("Solved")
    page.keyboard.press("Escape")
    expect(desk.card("tickets").get_by_text("Solved")).to_be_visible()
    assert page.url.endswith(f"/console/chats/{chat.public_id}/")
    desk.press("e")
    desk.dialog("end").get_by_role("button", name="End chat").click()
    expect(page.locator(".toast", has_text="ended")).to_be_visible()


def test_an_answer_is_written_sent_and_the_ticket_waits(at, agent, queue):
    ticket = opened(queue=queue)
    page = at(agent, page_of(ticket))
    page.keyboard.press("r")
    page.keyboard.type("We sent a new pair today.")
    page.get_by_label("Status after the reply").select_option("pending")
    page.locator("[name=body]").press("Control+Enter")

    turn = page.locator('.ticket-turn[data-side="agent"]')
    expect(turn).to_contain_text("We sent a new pair today.")
    expect(page.locator("#ticket-title")).to_contain_text("Waiting for the customer")
    expect(page.locator("[name=body]")).to_have_value("")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.assignee) == ("pending", agent)


def test_what_was_written_stays_until_it_is_sent(at, agent, queue):
    page = at(agent, page_of(opened(queue=queue)))
    page.keyboard.press("n")
    page.keyboard.type("Half a thought")
    page.reload()
    page.locator("[data-ticket-mode=note]").click()

    expect(page.locator("[name=body]")).to_have_value("Half a thought")


def test_two_agents_change_one_ticket_and_nobody_overwrites(at, agent, queue):
    ticket = opened(queue=queue)
    page = at(agent, page_of(ticket))
    services.change_ticket(ticket, actor=make_agent(queue), version=None, priority="urgent")

    page.get_by_label("Priority").select_option("low")

    conflict = page.locator("[data-conflict]")
    expect(conflict).to_contain_text("Priority: Urgent → Low")
    expect(page.get_by_label("Priority")).to_have_value("urgent")
    conflict.get_by_role("button", name="Change it all the same").click()
    expect(conflict).to_be_hidden()
    expect(page.get_by_label("Priority")).to_have_value("low")
    ticket.refresh_from_db()
    assert ticket.priority == "low"


def test_a_reply_waits_until_the_customers_news_were_read(at, agent, queue):
    ticket = opened(queue=queue)
    page = at(agent, page_of(ticket))
    page.keyboard.press("r")
    page.keyboard.type("We are looking for it.")
    services.add_customer_message(
        ticket, customer=ticket.customer, body="It has just come!", via="web", ref=uuid4()
    )

    page.locator("[name=body]").press("Control+Enter")

    expect(page.get_by_text("It has just come!")).to_be_visible()
    expect(page.locator("[name=body]")).to_have_value("We are looking for it.")
    assert not ticket.messages.filter(author_user=agent).exists()
    page.locator("[name=body]").press("Control+Enter")
    expect(page.locator('.ticket-turn[data-side="agent"]')).to_contain_text("We are looking for it.")


def test_several_tickets_are_taken_by_keys(at, agent, queue):
    tickets = [opened(queue=queue) for _ in range(3)]
    page = at(agent, "/console/tickets/?view=unassigned")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-bulk-count]")).to_have_text("2 chosen")
    page.locator("[data-bulk-bar]").get_by_role("button", name="Take").click()

    expect(page.locator("tr[data-ticket-row]")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("2 tickets changed")
    assert Ticket.objects.filter(assignee=agent).count() == 2
    assert len(tickets) == 3


def test_go_keys_lead_to_the_places(at, agent, queue):
    page = at(agent, "/console/tickets/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/console/", wait_until="commit")
    expect(page.locator("[data-presence-load]")).not_to_be_empty()
    page.keyboard.press("g")
    page.keyboard.press("t")

    page.wait_for_url("**/console/tickets/", wait_until="commit")


def test_the_command_bar_finds_a_ticket_and_remembers_it(at, agent, queue):
    ticket = opened(queue=queue, subject="Parcel to Aarhus")
    page = at(agent, "/console/tickets/")
    page.keyboard.press("Control+k")
    page.keyboard.type("aarhus")
    found = page.locator("[data-commands]").get_by_role("option").first
    expect(found).to_contain_text(ticket.label)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{page_of(ticket)}", wait_until="commit")
    expect(page.locator("[data-own-avatar][data-presence]")).to_be_visible()  # its scripts listen
    page.keyboard.press("Control+k")

    expect(found).to_contain_text("Parcel to Aarhus")


def test_offers_ring_on_every_page(at, agent, queue):
    page = at(agent, "/console/tickets/")
    expect(page.locator('[data-own-avatar][data-presence="online"]')).to_be_visible()
    chat = queued_session(queue=queue)
    page.locator(".offer").get_by_role("button", name="Accept").click(timeout=20_000)

    page.wait_for_url(f"**/console/chats/{chat.public_id}/", wait_until="commit")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(at, agent, queue, scheme):
    ticket = opened(queue=queue)
    phone = {"viewport": {"width": 390, "height": 800}, "is_mobile": True, "has_touch": True}
    for path in (
        "/console/tickets/?view=open",
        page_of(ticket),
        f"/console/customers/{ticket.customer.public_id}/",
    ):
        page = at(agent, path, color_scheme=scheme, **phone)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
