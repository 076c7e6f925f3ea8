"""One afternoon at the desk, on the real stack with its stand-ins: everything that a shop's people and customers do."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.audit.models import AuditEvent
from apps.chat.models import ChatSession, Message
from apps.console.tests.browser.demo_agent import DemoAgent
from apps.console.tests.browser.figures import read_figures
from apps.console.tests.browser.outside import World, identity, sign_in, wait
from apps.console.tests.browser.shopper import Shopper
from apps.notifications.models import Notification
from apps.orders.models import Order, Shipment
from apps.refunds.models import Refund
from apps.routing.models import Queue, SpecialPeriod
from apps.tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(420)]

GUEST = "late.guest@mail.example"
EMILY = ("u-1015", "Emily Carter", "emily.carter@mail.example")
GIFT, GIFT_TAIL, GIFT_SCAN = "LL100119", "0111", "快件已到达【深圳转运中心】"
SHOE = "SH-101"
AMOUNT = "150.00"
SLOW = 30_000  # ms


@pytest.fixture
def desk(live_desk):
    """The desk with its demo; none of its processes may log an error."""
    live_desk.manage("load_demo")
    before = live_desk.logs(lines=5_000).count("ERROR")
    yield live_desk
    assert live_desk.logs(lines=5_000).count("ERROR") == before


@pytest.fixture
def world(desk):
    world = World(desk)
    yield world
    world.close()


@pytest.fixture
def people(desk, new_page):
    """``people.agent()``, ``people.shopper()``: each with a browser; no page may have had an error in the end."""
    everybody = People(desk, new_page)
    yield everybody
    assert [error for person in everybody.all for error in person.errors] == []


class People:
    def __init__(self, desk, new_page):
        self.desk, self.new_page = desk, new_page
        self.all = []

    def shopper(self):
        return self._with(Shopper(self.new_page(), self.desk.base_url))

    def staff(self):
        page = self.new_page(viewport={"width": 1440, "height": 900})
        return self._with(DemoAgent(page, self.desk.base_url))

    def _with(self, person):
        self.all.append(person)
        return person


def test_an_afternoon(world, people):
    manager, start = people.staff().sign_in("manager", "/console/dashboard/"), timezone.now()
    before = read_figures(manager.page, manager.base_url, queue="shoes", agent="Nina")
    leave_a_message_out_of_hours(people.shopper(), world)
    reply_by_mail(world)
    order = world.sell(EMILY[1], SHOE)
    emily, nina, maria = people.shopper(), people.staff(), people.staff()
    sign_in(emily.page, identity(*EMILY))
    ask_the_robot_for_an_order(emily)
    get_an_agent_by_rule(emily, nina)
    answer_from_the_suggestions(emily, nina)
    send_a_product_card(emily, nina)
    ask_for_a_refund_above_the_limit(nina, order)
    approve_while_the_gateway_fails(maria, world)
    hear_of_it_once_in_chat_and_by_mail(emily, world)
    hear_of_the_parcel_once(emily, world, order)
    open_a_ticket_and_end_the_chat(nina)
    rate_the_chat(emily)
    see_it_on_board_and_dashboard(manager, before, start)


def leave_a_message_out_of_hours(guest, world):
    today = timezone.now().date()
    calendar = Queue.objects.get(slug="general").calendar
    closed = SpecialPeriod.objects.create(
        calendar=calendar,
        name="Closed",
        priority=9,
        first_day=today - timedelta(days=1),
        last_day=today + timedelta(days=1),
    )
    guest.visit().launcher.click()
    guest.chat.get_by_role("button", name="Leave a message").first.click()
    guest.chat.get_by_label("Name").fill("Lena")
    guest.chat.get_by_label("E-mail").fill(GUEST)
    guest.chat.get_by_label("How can we help?").fill("The heel of my left shoe came off on day two.")
    guest.chat.get_by_role("button", name="Send message").click()

    ticket = wait(lambda: Ticket.objects.filter(customer__email=GUEST).first(), 20, "no ticket")
    expect(guest.chat.get_by_text(f"It has the number T-{ticket.number}")).to_be_visible()
    closed.delete()


def reply_by_mail(world):
    ticket = Ticket.objects.get(customer__email=GUEST)
    received = world.mail(GUEST, f"T-{ticket.number}")

    world.reply(received, "I forgot: it is size 38.", sender=f"Lena <{GUEST}>")

    said = wait(
        lambda: ticket.messages.filter(body__contains="size 38").first(), 90, "the reply did not thread"
    )
    assert "On Sunday, the shop wrote" not in said.body
    assert Ticket.objects.filter(customer__email=GUEST).count() == 1


def ask_the_robot_for_an_order(emily):
    wait(
        lambda: Shipment.objects.filter(order__order_no=GIFT).exclude(last_text="").exists(),
        90,
        "no scan known",
    )
    emily.visit(f"/shop/{SHOE}/").open().say(f"Where is my order {GIFT}?")
    hears(emily, "last 4 digits")
    assert GIFT_SCAN not in emily.log.inner_text()

    emily.say(GIFT_TAIL)

    hears(emily, GIFT_SCAN)


def get_an_agent_by_rule(emily, nina):
    nina.sign_in("nina").go_online()
    emily.chat.get_by_role("button", name="Talk to a person").click()
    expect(nina.offer).to_contain_text("Shoes", timeout=SLOW)
    nina.accept()

    expect(emily.chat.get_by_text("Nina joined the chat")).to_be_visible()
    assert served().queue.slug == "shoes"


def answer_from_the_suggestions(emily, nina):
    emily.say("How do I return shoes that do not fit?")
    nina.sees("How do I return shoes that do not fit?")
    card = nina.page.locator('[data-card="faqs"]')
    expect(card.locator("[data-faq]").first).to_be_visible(timeout=SLOW)
    nina.page.locator("body").press("Escape")
    card.locator("[data-insert]").first.click()
    expect(nina.field).not_to_have_value("")
    suggested = nina.field.input_value()
    nina.field.press("Enter")

    expect(emily.log.get_by_text(suggested.strip()[:40]).first).to_be_visible(timeout=SLOW)


def send_a_product_card(emily, nina):
    nina.page.get_by_role("button", name="Send a product card").click()
    sheet = nina.page.locator('dialog[data-dialog="sheet"]')
    sheet.locator(".pick__item").first.click()

    sent = wait(lambda: Message.objects.filter(session=served(), kind="product_card").first(), 20, "no card")
    expect(emily.log.get_by_text(sent.payload["title"]).first).to_be_visible()
    if sheet.is_visible():
        sheet.get_by_role("button", name="Close").click()


def ask_for_a_refund_above_the_limit(nina, order):
    card = nina.page.locator('[data-card="orders"]')
    card.locator("[data-orders-search]").fill(order)
    found = card.locator(f'[data-order="{order}"]')
    expect(found).to_be_visible(timeout=SLOW)
    found.get_by_role("button", name="Refund").click()
    sheet = nina.page.locator('dialog[data-dialog="sheet"]')
    expect(sheet.locator("[name=amount]")).to_be_visible()
    sheet.locator("[name=amount]").fill(AMOUNT)
    sheet.locator("[name=reason]").select_option("damaged")
    sheet.locator("[name=note]").fill("The sole is loose; photo seen.")
    sheet.get_by_role("button", name=f"Ask for ¥{AMOUNT}").click()

    refund = wait(lambda: Refund.objects.filter(order__order_no=order).first(), 20, "no refund")
    assert (refund.state, refund.amount) == ("requested", Decimal(AMOUNT))
    if sheet.is_visible():
        nina.page.keyboard.press("Escape")


def approve_while_the_gateway_fails(maria, world):
    refund = Refund.objects.latest("pk")
    world.break_gateway("drop_after")
    world.gateway.post("/notices", json={"hold": True}).raise_for_status()
    maria.sign_in("maria", f"/console/refunds/{refund.refund_no}/")
    maria.page.get_by_role("button", name=f"Approve ¥{AMOUNT}").click()

    wait(lambda: Refund.objects.get(pk=refund.pk).state == "succeeded", 120, "the refund did not settle")
    assert [row["refund_no"] for row in world.refunded()].count(refund.refund_no) == 1
    kinds = list(refund.calls.order_by("number").values_list("kind", flat=True))
    assert kinds[0] == "submit"
    assert "query" in kinds
    late = world.gateway.post(f"/refunds/{refund.refund_no}/notify", json={"copies": 2})
    assert late.is_success, late.text
    wait(
        lambda: Order.objects.get(pk=refund.order_id).refunded_amount == Decimal(AMOUNT),
        60,
        "the shop does not know",
    )
    story = AuditEvent.objects.filter(action__startswith="refunds:", target_id=str(refund.pk))
    assert {"refunds:RequestRefund", "refunds:ApproveRefund", "refunds:SettleRefund"} <= set(
        story.values_list("action", flat=True)
    )


def hear_of_it_once_in_chat_and_by_mail(emily, world):
    refund = Refund.objects.latest("pk")
    expect(emily.log.get_by_text(f"¥{AMOUNT}").first).to_be_visible(timeout=SLOW)
    world.mail(EMILY[2], "(?i)refund")

    told = Notification.objects.filter(dedupe__contains=refund.refund_no)
    assert told.count() == 1
    assert emily.log.get_by_text(f"¥{AMOUNT}").count() == 1
    assert world.mails_about(EMILY[2], "(?i)refund") == 1


def hear_of_the_parcel_once(emily, world, order):
    world.move(order, "ship", times=2, carrier="dhl", tracking_no="JD014600003RED")
    world.send_again(order, "paid")
    world.send_again(order, "shipped")

    wait(lambda: Order.objects.get(order_no=order).status == "shipped", 60, "not shipped")
    shipped = Notification.objects.filter(milestone="order_shipped", dedupe__contains=order)
    wait(shipped.exists, 60, "nobody was told")
    said = Message.objects.filter(session=served(), body__contains="JD014600003RED") | Message.objects.filter(
        session=served(), payload__contains={"milestone": "order_shipped"}
    )
    wait(said.exists, 60, "nothing in the chat")
    assert shipped.count() == 1
    assert said.distinct().count() == 1
    assert Order.objects.get(order_no=order).status == "shipped"


def open_a_ticket_and_end_the_chat(nina):
    nina.page.locator('[data-card="tickets"]').get_by_role("button", name="New ticket").click()
    sheet = nina.page.locator('dialog[data-dialog="sheet"]')
    expect(sheet.get_by_label("Subject")).to_be_visible()
    sheet.get_by_label("Message", exact=True).fill("Check the batch of these soles with the supplier.")
    sheet.get_by_role("button", name="Open ticket").click()
    expect(nina.page.locator(".toast", has_text="Ticket T-")).to_be_visible(timeout=SLOW)
    chat = served()
    ticket = wait(lambda: Ticket.objects.filter(session=chat).first(), 20, "no ticket")
    assert ticket.messages.exists()

    nina.end_chat(about="Return or refund", note="Sole loose, partly refunded.")


def rate_the_chat(emily):
    emily.chat.get_by_role("radio", name="4").press("Space")
    emily.chat.get_by_role("button", name="Send rating").click()
    expect(emily.chat.get_by_text("Thank you for your rating.")).to_be_visible()


def see_it_on_board_and_dashboard(manager, before, start):
    """Everything above is counted, and nothing twice."""
    now = read_figures(manager.page, manager.base_url, queue="shoes", agent="Nina")
    for name in ("Came", "Served"):
        assert now.grown(before, "queue", name) == [1], name
    assert now.grown(before, "queue", "Gave up") == [0]
    assert now.grown(before, "board", "served") == [1]
    assert now.grown(before, "agent", "Done today") == [1]
    opened = ChatSession.objects.filter(opened_at__gte=start).count()
    settled = Refund.objects.filter(state="succeeded", settled_at__gte=start).count()
    grown = {name: now.grown(before, "dashboard", name) for name in now.dashboard}
    expected = {
        "chats": [opened],
        "wismo": [1, opened],
        "satisfied": [1, 1],
        "handle-time": [1],
        "transfers": [0, 1],
        "reopened": [0, 1],
        "robot": [0, 1],
        "open": [2, 2, 0],  # Lena's and the one about the soles: open now, new today, solved
        "age bars": [2, 0, 0, 0],
        "to-approve": [0],
        "unknown": [0],
    }
    assert {name: grown[name][: len(counts)] for name, counts in expected.items()} == expected
    assert 1 <= grown["refund-time"][0] <= settled  # the demo's own may have come through just then
    assert now.dashboard["refund-time-90"][0] != "–"
    assert now.dashboard["occupancy"][0] != "–"


def hears(person, words):
    """Wait until the words stand in the chat."""
    try:
        expect(person.log.get_by_text(words).first).to_be_visible(timeout=SLOW)
    except AssertionError as error:
        raise AssertionError(f"{words!r} is not in the chat:\n{person.log.inner_text()}") from error


def served():
    """Emily's chat."""
    return ChatSession.objects.filter(customer__email=EMILY[2]).latest("pk")
