"""What agents do on the console while an answer of the desk is still on its way."""

import pytest
from playwright.sync_api import expect

from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession
from apps.chat.tests.factories import active_session, customer_says, image_bytes, make_agent, queued_session
from apps.chat.tests.long import lengthen
from apps.console.tests.browser.slow import Held
from apps.knowledge.tests.factories import FaqFactory

pytestmark = [pytest.mark.django_db(transaction=True)]
PICTURE = {"name": "shoe.png", "mimeType": "image/png", "buffer": image_bytes()}


@pytest.fixture
def other(chat):
    """A second chat of the same agent."""
    return active_session(chat.agent, queue=chat.queue)


def said(session):
    kinds = session.messages.filter(sender_kind="agent").exclude(kind="event").order_by("seq")
    return [body or kind for kind, body in kinds.values_list("kind", "body")]


def status_of(session):
    return ChatSession.objects.get(pk=session.pk).status


def offered(desk):
    """A chat that the agent is being asked to take."""
    session = queued_session()
    expect(desk.page.locator(".offer")).to_be_visible(timeout=15_000)
    return session


def test_what_is_written_while_a_chat_loads_goes_to_it(desk, chat, other):
    with Held(desk.page, f"sessions/{chat.public_id}/messages/**"):
        desk.page.reload()
        desk.say("Good morning")
        desk.field.fill("And then")

    expect(desk.turn("Good morning")).to_have_attribute("data-state", "sent")
    expect(desk.field).to_have_value("And then")
    assert said(chat) == ["Good morning"]
    desk.open(other)
    expect(desk.field).to_have_value("")
    desk.open(chat)
    expect(desk.field).to_have_value("And then")


def test_no_card_of_the_last_customer_stands_beside_a_chat_that_loads(console, chat):
    colleagues = active_session(make_agent(chat.queue), queue=chat.queue)
    desk = console(chat.agent).open(chat)
    expect(desk.card("customer")).to_contain_text("Ann Lee")
    with Held(desk.page, f"sessions/{colleagues.public_id}/messages/**"):
        desk.row(colleagues).click()
        expect(desk.card("customer")).not_to_contain_text("Ann Lee")

    expect(desk.card("customer")).to_contain_text(colleagues.customer.actor_label)


def test_a_card_that_comes_after_its_chat_was_left_is_not_shown(console, chat, other):
    desk = console(chat.agent)
    with Held(desk.page, f"chats/{chat.public_id}/cards/customer/"):
        desk.open(chat).open(other)
        expect(desk.card("customer")).to_contain_text(other.customer.actor_label)

    desk.page.wait_for_timeout(300)
    expect(desk.card("customer")).not_to_contain_text("Ann Lee")


def test_the_dialog_that_ends_a_chat_ends_that_one_whatever_opens_behind_it(desk, chat):
    session = offered(desk)
    with Held(desk.page, "offers/*/accept/"):
        desk.press("a")
        desk.press("e")
        expect(desk.dialog("end")).to_be_visible()
    desk.has_open(session)
    desk.dialog("end").get_by_role("button", name="End chat").click()

    expect(desk.dialog("end")).to_be_hidden()
    assert (status_of(chat), status_of(session)) == (ChatStatus.CLOSED, ChatStatus.ACTIVE)


def test_whoever_goes_on_writing_is_not_taken_to_the_chat_that_they_accepted(desk, chat):
    session = offered(desk)
    desk.field.click()
    with Held(desk.page, "offers/*/accept/"):
        desk.page.locator("[data-offer-accept]").click()
        desk.field.click()
        desk.page.keyboard.type("Your parcel")
    expect(desk.section("mine").locator(".row")).to_have_count(2)
    desk.page.keyboard.type(" is there")
    desk.page.keyboard.press("Enter")

    expect(desk.turn("Your parcel is there")).to_have_attribute("data-state", "sent")
    assert (said(chat), said(session)) == (["Your parcel is there"], [])
    desk.page.locator("[data-toasts]").get_by_role("button", name="Open the chat").click()
    desk.has_open(session)


def test_taking_a_chat_does_not_bring_back_one_that_was_left(desk, chat):
    waiting = queued_session(queue=chat.queue)
    desk.open(waiting)
    with Held(desk.page, f"sessions/{waiting.public_id}/accept/"):
        desk.page.locator('[data-do="take"]').click()
        desk.open(chat)

    expect(desk.section("mine").locator(".row")).to_have_count(2)
    expect(desk.page.locator("[data-head-name]")).to_have_text("Ann Lee")


def test_taking_back_what_was_put_into_a_reply_leaves_other_chats_alone(desk, chat, other):
    FaqFactory(question="How do I return my shoes?", answer="Within 30 days.")
    customer_says(chat, "I want to return my shoes")
    expect(desk.card("faqs").locator("[data-answer]")).to_have_text("Within 30 days.", timeout=15_000)
    desk.field.fill("Hello Ann. ")
    desk.press("s")
    desk.open(other)
    desk.field.fill("For somebody else")
    desk.page.get_by_role("button", name="Undo").click()

    expect(desk.field).to_have_value("For somebody else")
    desk.open(chat)
    expect(desk.field).to_have_value("Hello Ann. ")


def test_what_was_put_into_a_reply_while_a_note_was_begun_is_taken_back_from_the_reply(desk, chat):
    FaqFactory(question="How do I return my shoes?", answer="Within 30 days.")
    customer_says(chat, "I want to return my shoes")
    expect(desk.card("faqs").locator("[data-answer]")).to_have_text("Within 30 days.", timeout=15_000)
    desk.press("n")
    desk.field.fill("For colleagues only")
    desk.press("s")
    desk.page.get_by_role("button", name="Undo").click()

    expect(desk.field).to_have_value("")
    desk.press("n")
    expect(desk.field).to_have_value("For colleagues only")


def test_a_file_that_was_sent_before_it_was_up_goes_to_the_chat_that_was_left(desk, chat, other):
    desk.open(other)
    desk.page.set_input_files("[data-file]", PICTURE)
    expect(desk.page.locator("[data-send]")).to_be_enabled()
    desk.open(chat)
    with Held(desk.page, f"sessions/{chat.public_id}/uploads/"):
        desk.page.set_input_files("[data-file]", PICTURE)
        desk.say("As in this picture")
        desk.open(other)
    expect(desk.row(chat).locator("[data-preview]")).to_contain_text("As in this picture")

    assert (said(chat), said(other)) == (["image", "As in this picture"], [])
    expect(desk.page.locator(".upload")).to_have_count(1)
    desk.open(chat)
    expect(desk.field).to_have_value("")
    expect(desk.page.locator(".upload")).to_have_count(0)


def test_hits_that_come_after_their_chat_was_left_are_of_no_other_search(desk, chat, other):
    for session, times in ((chat, 3), (other, 1)):
        for _ in range(times):
            customer_says(session, "Where is my refund?")
    count = desk.page.locator("[data-find-count]")
    with Held(desk.page, f"sessions/{chat.public_id}/search/*"):
        desk.press("f")
        desk.page.keyboard.type("refund")
        desk.page.wait_for_timeout(300)
        desk.open(other).press("f")
        expect(desk.page.locator("[data-find]")).to_have_value("")
        desk.page.keyboard.type("refund")
        expect(count).to_have_text("1 of 1")

    desk.page.wait_for_timeout(300)
    expect(count).to_have_text("1 of 1")


def test_a_hit_that_is_reached_after_its_chat_was_left_marks_nothing_in_another(console, chat, other):
    lengthen(chat, 5_000)
    chat.messages.filter(seq=3).update(body="Refund please")
    for _ in range(3):
        customer_says(other, "Hello")
    desk = console(chat.agent).open(chat)
    with Held(desk.page, f"sessions/{chat.public_id}/messages/*around=*") as place:
        desk.press("f")
        desk.page.keyboard.type("refund")
        place.wait()
        desk.open(other)

    desk.page.wait_for_timeout(300)
    expect(desk.log.locator('[data-seq="3"]')).to_be_visible()
    expect(desk.log.locator("[data-found]")).to_have_count(0)


def test_a_day_that_is_found_after_its_chat_was_left_says_nothing_of_another(desk, chat, other):
    with Held(desk.page, f"sessions/{chat.public_id}/messages/*at=*") as day:
        desk.press("f")
        field = desk.page.locator("[data-find-date]")
        field.fill(field.get_attribute("max"))
        day.wait()
        desk.open(other)

    desk.page.wait_for_timeout(300)
    expect(desk.page.locator("[data-toasts]")).to_be_empty()
