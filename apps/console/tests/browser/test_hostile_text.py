"""What customers and agents write stays text: in widget, console, admin, transcript, ticket and mail."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from apps.access.models import User
from apps.chat import services
from apps.chat.models import ChatSession
from apps.chat.services import tell_missed
from apps.chat.services.messages import post_message
from apps.chat.tests.factories import active_session, agent_says, customer_says, default_queue, make_agent
from apps.chat.tests.stories import leave
from apps.console.tests.browser.agent import AgentDesk
from apps.console.tests.browser.hostile import PAYLOADS, Trap
from apps.console.tests.browser.shopper import Shopper, web_inbox
from apps.notifications.models import OutgoingEmail
from apps.notifications.services import deliver_due
from apps.tickets.links import page_path
from apps.tickets.tests.factories import answered, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.abuse, pytest.mark.faults_long]
LAST = "That was all."
SLOW = 30_000  # ms that a page with all those lines may take


@pytest.fixture
def shopper(live_desk, new_page):
    """The widget of a shopper who wrote and got every payload, and has a name to match."""
    web_inbox()
    shopper = Shopper(new_page(), live_desk.base_url)
    shopper.visit().open().say("Hello")
    assert shopper.told("Hello")
    fill(shopper.session)
    return shopper


def fill(session: ChatSession) -> None:
    """Every payload as a line of the customer, of the agent and as a note; one in every field beside them."""
    agent = make_agent(default_queue())
    User.objects.filter(pk=agent.pk).update(display_name=PAYLOADS[2][:80])
    services.hand_off(session, actor=session.customer, reason="asked")
    services.claim_session(session, actor=agent)
    customer = session.customer
    customer.name, customer.email, customer.phone = PAYLOADS[3][:100], "ana@mail.example", PAYLOADS[4][:30]
    customer.save()
    ChatSession.objects.filter(pk=session.pk).update(
        page_title=PAYLOADS[26], source=PAYLOADS[48], product=PAYLOADS[9][:60], product_category=PAYLOADS[27]
    )
    session.refresh_from_db()
    for text in PAYLOADS:
        customer_says(session, text)
        agent_says(session, text)
    for text in PAYLOADS[::8]:
        post_message(session, actor=session.agent, ref=uuid4(), kind="note", body=text)
    customer_says(session, LAST)


def as_somebody(new_page, live_desk, user: User):
    """A signed-in page, and the trap on it."""
    page = new_page(viewport={"width": 1440, "height": 900})
    AgentDesk(page, live_desk.base_url, user)
    return page, Trap(page)


def test_texts_are_inert_in_the_widget(shopper):
    trap = Trap(shopper.page)
    shopper.page.reload()
    shopper.sees(LAST, timeout=SLOW)
    expect(shopper.log.get_by_text(PAYLOADS[0], exact=True).first).to_be_attached()

    assert trap.caught() == []


def test_texts_are_inert_in_the_console(shopper, live_desk, new_page):
    session = ChatSession.objects.get()
    page, trap = as_somebody(new_page, live_desk, session.agent)
    page.goto(f"{live_desk.base_url}/console/")
    page.locator(f'.row[data-key="{session.public_id}"]:visible').click()
    expect(page.get_by_role("log").get_by_text(LAST).first).to_be_visible(timeout=SLOW)
    page.wait_for_load_state("networkidle")
    assert trap.caught() == []

    page.goto(f"{live_desk.base_url}/console/customers/{session.customer.public_id}/")
    page.wait_for_load_state("networkidle")
    assert trap.caught() == []


def test_texts_are_inert_in_the_admin(shopper, live_desk, new_page):
    session = ChatSession.objects.get()
    root = User.objects.create_superuser("root", "root@desk.example", "a long password")
    page, trap = as_somebody(new_page, live_desk, root)
    paths = [
        reverse("admin:chat_chatsession_change", args=[session.pk]),
        reverse("admin:chat_chatsession_changelist"),
        reverse("admin:customers_customer_change", args=[session.customer_id]),
        reverse("admin:customers_customer_changelist"),
    ]
    for path in paths:
        assert page.goto(f"{live_desk.base_url}{path}", timeout=30_000).ok
        assert trap.caught() == [], path


def test_texts_are_inert_in_tickets_and_their_mail(live_desk, new_page):
    agent = make_agent(default_queue())
    ticket = opened(subject=PAYLOADS[0][:90], body="\n".join(PAYLOADS[:30]), assignee=agent)
    ticket.customer.email = "ana@mail.example"
    ticket.customer.save()
    answered(ticket, agent, "\n".join(PAYLOADS[20:]))
    page, trap = as_somebody(new_page, live_desk, agent)
    for address in (
        f"{live_desk.base_url}/console/tickets/{ticket.number}/",
        f"{live_desk.base_url}{page_path(ticket)}",
    ):
        assert page.goto(address, timeout=30_000).ok
        page.wait_for_load_state("networkidle")
        assert trap.caught() == []

    assert_inert_mails(new_page())


def test_texts_are_inert_in_the_mail_of_what_was_missed(transactional_db, new_page):
    session = active_session(customer__email="ana@mail.example", customer__name=PAYLOADS[3][:100])
    customer_says(session, PAYLOADS[0])
    for text in PAYLOADS:
        agent_says(session, text)
    leave(session, timezone.now() - timedelta(minutes=5))
    assert tell_missed() == 1
    deliver_due()
    assert_inert_mails(new_page())


def assert_inert_mails(page) -> None:
    """As a mail program without any protection of its own shows them."""
    trap = Trap(page)
    bodies = list(OutgoingEmail.objects.values_list("html", flat=True))
    assert any("&lt;" in html for html in bodies)
    for html in bodies:
        page.set_content(html)
        assert trap.caught() == []


def test_what_is_not_escaped_springs_the_trap(new_page):
    harmless = []
    for text in PAYLOADS[:12:2]:
        page = new_page()
        trap = Trap(page)
        page.set_content(text)
        page.wait_for_timeout(20)
        harmless += [] if trap.caught() else [text]

    assert harmless == []
