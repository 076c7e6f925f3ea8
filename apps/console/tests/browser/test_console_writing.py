"""Writing on the console: replies, notes, drafts, files, and what a lost network does to them."""

import re

import pytest
from playwright.sync_api import expect

from apps.chat.tests.factories import active_session, agent_says, customer_says, image_bytes, make_agent
from apps.knowledge.models import SuggestionFeedback
from apps.knowledge.tests.factories import CannedReplyFactory, FaqFactory

pytestmark = [pytest.mark.django_db(transaction=True)]


def stored(session, kind="text"):
    return list(
        session.messages.filter(kind=kind, sender_kind="agent").order_by("seq").values_list("body", flat=True)
    )


def test_enter_sends_and_shift_enter_breaks_the_line(desk, chat):
    desk.press("r")
    expect(desk.field).to_be_focused()
    desk.page.keyboard.type("Line one")
    desk.page.keyboard.press("Shift+Enter")
    desk.page.keyboard.type("line two")
    desk.page.keyboard.press("Enter")

    expect(desk.turn("Line one")).to_have_attribute("data-state", "sent")
    expect(desk.field).to_have_value("")
    assert stored(chat) == ["Line one\nline two"]


def test_a_note_is_amber_and_for_colleagues_only(desk, chat):
    desk.press("n")
    desk.page.keyboard.type("Second return this month")
    desk.page.keyboard.press("Enter")

    expect(desk.turn("Second return")).to_have_attribute("data-side", "note")
    expect(desk.turn("Second return")).to_have_attribute("data-last", "")
    expect(desk.turn("Second return")).not_to_have_attribute("data-state", "sending")
    assert stored(chat, "note") == ["Second return this month"]
    assert not chat.messages.for_side("customer").filter(kind="note").exists()


def test_drafts_are_kept_by_chat_and_mode_through_switch_and_reload(console, chat):
    other = active_session(chat.agent, queue=chat.queue)
    desk = console(chat.agent).open(chat)
    desk.field.fill("A reply begun")
    desk.press("n")
    desk.field.fill("A note begun")

    desk.open(other)
    expect(desk.field).to_have_value("")
    expect(desk.row(chat).locator("[data-preview]")).to_have_text("Draft")
    desk.page.reload()
    desk.open(chat)

    expect(desk.field).to_have_value("A reply begun")
    desk.press("n")
    expect(desk.field).to_have_value("A note begun")
    assert stored(chat) == []


def test_what_a_colleague_wrote_meanwhile_asks_before_sending(desk, chat):
    desk.field.fill("I will refund")
    chat.agent.display_name = "Somebody else"  # the name on the line, as a supervisor's would be
    agent_says(chat, "Already refunded")
    desk.sees("Already refunded")

    expect(desk.page.locator("[data-guard-text]")).to_contain_text("from a colleague")
    desk.field.press("Enter")
    expect(desk.field).to_have_value("I will refund")
    desk.field.press("Enter")

    expect(desk.field).to_have_value("")
    desk.sees("I will refund")


def test_what_the_customer_wrote_in_view_is_told_and_does_not_stop(desk, chat):
    desk.field.fill("One moment")
    customer_says(chat, "Are you there?")
    desk.sees("Are you there?")

    expect(desk.page.locator("[data-guard-text]")).to_have_text("1 new message since you began")
    desk.field.press("Enter")

    expect(desk.turn("One moment")).to_have_attribute("data-state", "sent")


def test_without_a_network_it_fails_after_three_attempts_and_resends_once(desk, chat):
    desk.page.context.set_offline(True)
    desk.say("Lost in the wire")
    expect(desk.turn("Lost in the wire")).to_have_attribute("data-state", "sending")
    expect(desk.page.locator("[data-banner]")).to_contain_text("You are offline")
    expect(desk.turn("Lost in the wire")).to_have_attribute("data-state", "failed", timeout=15_000)
    assert stored(chat) == []

    desk.page.context.set_offline(False)
    expect(desk.page.locator("[data-banner]")).to_be_hidden(timeout=15_000)
    desk.turn("Lost in the wire").get_by_role("button", name="Resend").click()

    expect(desk.turn("Lost in the wire")).to_have_attribute("data-state", "sent")
    assert stored(chat) == ["Lost in the wire"]


def test_what_came_while_the_network_was_away_is_there_afterwards_in_order(desk, chat):
    desk.page.context.set_offline(True)
    for number in range(5):
        customer_says(chat, f"Missed {number}")
    desk.page.context.set_offline(False)

    desk.sees("Missed 4", timeout=15_000)
    texts = desk.log.locator(".bubble", has_text="Missed").all_inner_texts()
    assert texts == [f"Missed {number}" for number in range(5)]


def test_an_image_is_uploaded_first_and_its_place_is_reserved(desk, chat):
    picture = {"name": "shoe.png", "mimeType": "image/png", "buffer": image_bytes(size=(640, 320))}
    desk.page.set_input_files("[data-file]", picture)
    desk.field.press("Enter")  # at once: it is sent as soon as it is there

    image = desk.log.locator(".bubble--image img")
    expect(image).to_be_visible()
    expect(image).to_have_attribute("width", "280")
    expect(image).to_have_attribute("height", "140")
    expect(desk.page.locator(".upload")).to_have_count(0)
    turn = desk.log.locator(".turn", has=desk.page.locator(".bubble--image"))
    expect(turn).to_have_attribute("data-state", "sent")
    assert chat.messages.get(kind="image").payload["name"] == "shoe.png"


def test_a_refused_file_says_why_and_stays_beside_the_text(desk, chat):
    desk.field.fill("See this")
    virus = {"name": "tool.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ\x90\x00" + b"\0" * 60}
    desk.page.set_input_files("[data-file]", virus)

    expect(desk.page.locator(".upload__error")).not_to_be_empty()
    desk.page.get_by_role("button", name="Remove").click()
    desk.field.press("Enter")

    expect(desk.turn("See this")).to_have_attribute("data-state", "sent")


def drop_a_file(desk):
    transfer = desk.page.evaluate_handle("""() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["x"], "a.txt", { type: "text/plain" }));
      return transfer;
    }""")
    desk.log.dispatch_event("drop", {"dataTransfer": transfer})


def test_a_file_dropped_where_no_reply_can_be_written_is_refused_aloud(console, chat):
    colleague = make_agent(chat.queue)
    desk = console(colleague).open(chat)
    drop_a_file(desk)

    expect(desk.page.get_by_role("alert")).to_contain_text("is answering. You can leave a note.")
    expect(desk.page.locator(".upload")).to_have_count(0)


def test_a_file_dropped_on_a_note_is_refused_aloud(desk):
    drop_a_file(desk)
    expect(desk.page.locator(".upload")).to_have_count(1)
    desk.press("n")
    drop_a_file(desk)

    expect(desk.page.get_by_role("alert")).to_contain_text("A note takes no files.")
    expect(desk.page.locator(".upload")).to_have_count(1)


def test_a_slash_finds_canned_replies_and_fills_names(desk, chat):
    CannedReplyFactory(shortcut="thanks", title="Thanks", body="Thank you, {{customer.name}}!")
    CannedReplyFactory(shortcut="bye", title="Goodbye", body="Goodbye.")
    desk.field.click()
    desk.page.keyboard.type("/tha")

    options = desk.page.get_by_role("option")
    expect(options).to_have_count(1)
    expect(options).to_contain_text("/thanks")
    desk.page.keyboard.press("Enter")

    expect(desk.field).to_have_value("Thank you, Ann Lee!")
    assert stored(chat) == []


def test_the_first_suggestion_goes_into_the_reply_and_out_again(desk, chat):
    FaqFactory(question="How do I return my shoes?", answer="Within 30 days.")
    customer_says(chat, "I want to return my shoes")
    expect(desk.card("faqs").locator("[data-answer]")).to_have_text("Within 30 days.", timeout=15_000)

    desk.press("s")
    expect(desk.field).to_have_value("Within 30 days.")
    desk.page.get_by_role("button", name="Undo").click()

    expect(desk.field).to_have_value("")


def test_the_first_suggestion_is_sent_as_it_stands_and_the_draft_stays(desk, chat):
    FaqFactory(question="How do I return my shoes?", answer="Within 30 days.")
    customer_says(chat, "I want to return my shoes")
    expect(desk.card("faqs").locator("[data-answer]")).to_have_text("Within 30 days.", timeout=15_000)
    desk.field.fill("My own words")

    with desk.page.expect_response("**/suggestion-feedback/") as noted:
        desk.press("Shift+S")

    expect(desk.turn("Within 30 days.")).to_have_attribute("data-state", "sent")
    expect(desk.field).to_have_value("My own words")
    assert noted.value.status == 201
    assert SuggestionFeedback.objects.get().verdict == "sent"


def test_the_field_grows_to_eight_lines_and_no_further(desk):
    heights = []
    for lines in (1, 3, 8, 30):
        desk.field.fill("\n".join(["x"] * lines))
        heights.append(round(desk.field.bounding_box()["height"]))

    assert heights[0] < heights[1] < heights[2] == heights[3]


def test_a_chat_of_a_colleague_says_why_it_takes_no_reply(console, chat):
    desk = console(make_agent(chat.queue)).open(chat)

    expect(desk.field).to_be_disabled()
    expect(desk.page.locator("[data-why-not]")).to_have_text(
        re.compile("is answering. You can leave a note.")
    )
    desk.press("n")
    desk.say("I know this customer")
    expect(desk.turn("I know this customer")).to_have_attribute("data-side", "note")
