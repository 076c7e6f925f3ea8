"""One device, several customers: what one of them has begun to write is nobody else's."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.console.tests.browser.outside import identity, sign_in
from apps.console.tests.browser.shopper import Shopper, web_inbox
from apps.routing.models import Queue
from apps.routing.tests.factories import CalendarFactory, HoursFactory

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shopper(live_desk, page):
    """A shopper whom the shop can name, out of hours: who wants a human leaves a message."""
    web_inbox(signing=True)
    weekday = (timezone.now() + timedelta(days=2)).weekday()
    hours = HoursFactory(
        calendar=CalendarFactory(zone="UTC"), weekday=weekday, opens=time(9), closes=time(10)
    )
    Queue.objects.update(calendar=hours.calendar)
    shopper = Shopper(page, live_desk.base_url)
    yield shopper
    assert shopper.errors == []


def named(name):
    return identity(name, name, f"{name}@example.com")


def begin(shopper):
    """Half a line in the field, half a message in the form."""
    shopper.field.fill("Half a sen")
    form(shopper).fill("My parcel")


def form(shopper):
    body = shopper.chat.get_by_role("textbox", name="How can we help?")
    if not body.count():
        shopper.chat.get_by_role("button", name="Leave a message").first.click()
    expect(body).to_be_visible()
    return body


def test_what_was_begun_is_not_there_for_the_next_customer(shopper):
    sign_in(shopper.page, named("ann"))
    shopper.visit().open()
    begin(shopper)

    sign_in(shopper.page, named("bob"))
    shopper.visit()

    expect(shopper.field).to_be_visible()
    shopper.page.wait_for_timeout(300)
    expect(shopper.field).to_have_value("")
    expect(form(shopper)).to_have_value("")


def test_what_was_begun_goes_with_who_signs_out_on_the_same_page(shopper):
    sign_in(shopper.page, named("ann"))
    shopper.visit().open()
    begin(shopper)

    shopper.page.evaluate("Helpdesk.identify('')")

    expect(shopper.field).to_have_value("")
    expect(shopper.chat.get_by_role("textbox", name="How can we help?")).to_have_count(0)
    expect(form(shopper)).to_have_value("")
    shopper.page.reload()
    expect(shopper.field).to_have_value("")


def test_what_was_begun_is_there_for_who_signs_in(shopper):
    shopper.visit().open()
    begin(shopper)

    sign_in(shopper.page, named("ann"))
    shopper.visit()

    expect(shopper.field).to_have_value("Half a sen")
    expect(form(shopper)).to_have_value("My parcel")
