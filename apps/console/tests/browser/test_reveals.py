"""What a partner's agent sees on the screen: masks, and one field whole for as long as it is uncovered."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.access.models import Reveal
from apps.access.tests.factories import VendorFactory
from apps.chat.tests.factories import active_session, customer_says
from apps.console.tests.browser.slow import unreachable
from apps.customers.models import Customer

pytestmark = [pytest.mark.django_db(transaction=True)]

NAME, PHONE, EMAIL = "Jane Doe", "13987651234", "jane.doe@mail.example"


@pytest.fixture
def chat(live_desk):
    session = active_session()
    Customer.objects.filter(pk=session.customer_id).update(name=NAME, phone=PHONE, email=EMAIL)
    session.agent.vendor = VendorFactory()
    session.agent.save()
    customer_says(session, f"Please call {PHONE}")
    session.customer.name = "J**"  # what the page calls her
    return session


def test_masked_until_uncovered_and_again_when_the_time_is_over(console, chat):
    desk = console(chat.agent).open(chat)
    desk.sees("Please call 139****1234")
    card = desk.card("customer")
    expect(card).to_contain_text("139****1234")
    assert PHONE not in desk.page.content()

    desk.turn("139****1234").get_by_role("button", name="Reveal").click()
    sheet = desk.dialog("sheet")
    sheet.get_by_label("What do you need it for?").fill("The courier asks")
    sheet.get_by_role("button", name="Reveal").click()

    desk.sees(f"Please call {PHONE}")
    expect(desk.turn(PHONE).locator(".personal__left")).to_contain_text("shown for 9:5")
    expect(card).to_contain_text("139****1234")
    desk.page.clock.install(time=timezone.now())
    desk.page.clock.fast_forward(timedelta(minutes=11).seconds * 1000)
    Reveal.objects.update(until=timezone.now())
    desk.sees("Please call 139****1234")
    assert PHONE not in desk.page.content()


def test_what_could_not_be_uncovered_stays_masked_and_says_so(console, chat):
    desk = console(chat.agent).open(chat)
    desk.turn("139****1234").get_by_role("button", name="Reveal").click()
    sheet = desk.dialog("sheet")
    sheet.get_by_label("What do you need it for?").fill("The courier asks")
    with unreachable(desk.page, "revealed/**"):
        sheet.get_by_role("button", name="Reveal").click()

    desk.sees("Please call 139****1234")
