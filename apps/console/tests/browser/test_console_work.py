"""The work around a chat on the console: offers, ending, transfer, joining, presence."""

import pytest
from playwright.sync_api import expect

from apps.chat import services
from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession, Participant, WrapUp
from apps.chat.tests.factories import (
    active_session,
    closed_session,
    customer_says,
    make_agent,
    make_supervisor,
    queued_session,
)
from apps.routing.models import AgentSeat
from apps.routing.tests.factories import QueueFactory

pytestmark = [pytest.mark.django_db(transaction=True)]


def state_of(session):
    return ChatSession.objects.get(pk=session.pk).status


@pytest.fixture
def idle(live_desk):
    """An agent who is online and has nothing to do."""
    return make_agent(QueueFactory(name="Shoes", is_default=True))


def test_an_offer_is_accepted_by_key_and_opens(console, idle):
    desk = console(idle)
    session = queued_session()
    offer = desk.page.locator(".offer")
    expect(offer).to_contain_text("New chat · Shoes", timeout=15_000)
    expect(offer.locator("[data-offer-clock]")).to_contain_text("s")

    desk.press("a")

    desk.has_open(session)
    expect(offer).to_have_count(0)
    expect(desk.section("mine").locator(".row")).to_have_count(1)
    expect(desk.page.locator("[data-presence-load]")).to_have_text("1/5")
    assert state_of(session) == ChatStatus.ACTIVE


def test_an_offer_is_declined_and_leaves_the_screen(console, idle):
    desk = console(idle)
    session = queued_session()
    desk.page.get_by_role("button", name="Decline").click(timeout=15_000)

    expect(desk.page.locator(".offer")).to_have_count(0)
    assert state_of(session) == ChatStatus.QUEUED


def test_a_waiting_chat_is_taken_by_hand(console, live_desk):
    session = queued_session()
    desk = console(make_agent(session.queue, max_units=5, intent="break"))
    desk.open(session)
    expect(desk.page.locator("[data-why-not]")).to_have_text("Take this chat to answer it.")

    desk.page.get_by_role("button", name="Take", exact=True).click()

    expect(desk.field).to_be_enabled()
    expect(desk.section("mine").locator(".row")).to_have_count(1)
    assert state_of(session) == ChatStatus.ACTIVE


def test_ending_writes_reason_and_wrap_up_and_goes_on_to_the_next(console, chat):
    following = active_session(chat.agent, queue=chat.queue)
    desk = console(chat.agent).open(chat)
    desk.press("e")
    dialog = desk.dialog("end")
    dialog.get_by_text("Ended without a result").click()
    dialog.get_by_label("What was it about?").select_option("return")
    dialog.get_by_label("Note for colleagues").fill("Wrong size")
    dialog.get_by_role("button", name="End chat").click()

    expect(dialog).to_be_hidden()
    desk.has_open(following)
    expect(desk.row(chat)).to_have_count(0)
    chat.refresh_from_db()
    assert (chat.status, chat.close_reason) == (ChatStatus.CLOSED, "agent_closed")
    assert WrapUp.objects.values_list("code", "note").get(session=chat) == ("return", "Wrong size")


def test_a_transfer_to_a_queue_shows_its_load_and_takes_the_note_along(console, chat):
    target = QueueFactory(name="Beauty")
    desk = console(chat.agent).open(chat)
    desk.press("t")
    dialog = desk.dialog("transfer")
    expect(dialog.get_by_text("has to wait")).to_be_visible()
    dialog.get_by_label("Beauty").check()
    dialog.get_by_label("Note for whoever takes over").fill("Needs advice on serum")
    dialog.get_by_role("button", name="Transfer", exact=True).click()

    expect(dialog).to_be_hidden()
    chat.refresh_from_db()
    assert (chat.status, chat.queue) == (ChatStatus.QUEUED, target)
    assert chat.messages.filter(internal=True, body="Needs advice on serum").exists()


def test_a_refused_transfer_says_so_in_the_dialog_and_changes_nothing(console, chat):
    colleague = make_agent(chat.queue, max_units=1)
    desk = console(chat.agent).open(chat)
    desk.press("t")
    dialog = desk.dialog("transfer")
    dialog.get_by_label(colleague.actor_label).check()
    AgentSeat.objects.filter(user=colleague).update(used_units=1)  # full in the meantime
    dialog.get_by_role("button", name="Transfer", exact=True).click()

    expect(dialog.get_by_role("alert")).not_to_be_empty()
    chat.refresh_from_db()
    assert chat.agent_id != colleague.pk


@pytest.mark.parametrize(("label", "mode"), [("Watch", "silent"), ("Speak to both", "barge")])
def test_a_supervisor_joins_a_chat(console, chat, label, mode):
    supervisor = make_supervisor(chat.queue)
    AgentSeat.objects.create(user=supervisor)
    desk = console(supervisor).open(chat)
    desk.page.get_by_title("Take part in this chat").click()
    desk.page.get_by_role("menuitem", name=label).click()

    expect(desk.page.locator(".toast")).to_contain_text(label)
    assert Participant.objects.get(session=chat, user=supervisor, left_at=None).mode == mode
    customer_says(chat, "Is anybody there?")
    desk.sees("Is anybody there?")
    if mode == "barge":
        desk.say("I am here, too")
        expect(desk.turn("I am here, too")).to_have_attribute("data-state", "sent")


def test_colleagues_see_who_looks_at_the_same_chat(console, chat):
    desk = console(chat.agent).open(chat)
    colleague = make_agent(chat.queue)

    console(colleague).open(chat)

    expect(desk.page.locator("[data-head-viewers]")).to_have_text(f"{colleague.actor_label} is here, too")


def test_presence_is_changed_with_a_reason_and_taken_back(console, idle):
    desk = console(idle)
    desk.page.get_by_title("Your presence").click()
    desk.page.get_by_role("menuitem", name="Lunch").click()
    expect(desk.page.locator("[data-presence-state]")).to_have_text("Lunch")
    seat = AgentSeat.objects.get(user=idle)
    assert (seat.intent, seat.reason) == ("break", "lunch")

    desk.page.get_by_role("button", name="Undo").click()

    expect(desk.page.locator("[data-presence-state]")).to_have_text("Online")


def test_a_previous_chat_opens_to_read(console, chat):
    earlier = closed_session(
        chat.agent, customer=chat.customer, queue=chat.queue, inbox=active_session().inbox
    )
    services.post_event(earlier, "rated", "The customer rated this chat 5 of 5.", score=5)
    desk = console(chat.agent).open(chat)

    desk.card("previous").get_by_role("button").nth(1).click()  # the first one folds the card

    expect(desk.dialog("transcript").get_by_text("Chat ended: closed by the agent")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.dialog("transcript")).to_be_hidden()
