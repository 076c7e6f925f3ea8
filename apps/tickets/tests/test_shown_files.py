"""Files of tickets for those who see masks: those from outside are shown by uncovering only."""

from uuid import uuid4

import pytest
from django.test import Client

from apps.access.tests.factories import PolicyFactory, VendorFactory
from apps.routing.tests.factories import QueueFactory, make_agent
from apps.tickets import links, services
from apps.tickets.models import TicketAttachment
from apps.tickets.tests.factories import answered, opened, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent():
    agent = make_agent(QueueFactory(slug="shoes", is_default=True))
    agent.vendor = VendorFactory()
    agent.save()
    return agent


@pytest.fixture
def ticket(agent):
    """A ticket with a file of the customer and one of the agent."""
    ticket = opened(assignee=agent)
    theirs = services.keep_file(uploaded(), actor=ticket.customer)
    services.add_customer_message(
        ticket, customer=ticket.customer, body="Look", via="web", ref=uuid4(), attachments=[theirs]
    )
    answered(ticket, agent, body="So do you", attachments=[services.keep_file(uploaded(), actor=agent)])
    return ticket


@pytest.fixture
def browser(agent):
    browser = Client()
    browser.force_login(agent)
    return browser


def test_page_and_api_have_addresses_of_the_desks_files_only_until_one_is_uncovered(browser, ticket):
    theirs, ours = TicketAttachment.objects.order_by("pk")
    lines = browser.get(f"/api/v1/tickets/{ticket.number}/messages/").json()["results"]
    urls = [bool(file["url"]) for line in lines for file in line["attachments"]]
    page = browser.get(f"/console/tickets/{ticket.number}/").content.decode()

    assert urls == [False, True]
    assert page.count("/t/files/") == 1
    assert page.count("Show file…") == 1
    assert browser.get(links.file_path(theirs.public_id)).json()["code"] == "file_masked"
    assert browser.get(links.file_path(ours.public_id)).status_code == 200

    body = {"type": "tickets.ticketattachment", "id": f"{ticket.number}:{theirs.public_id}", "field": "file"}
    address = browser.post(
        "/api/v1/reveals/", body | {"reason": "Is it the invoice?"}, content_type="application/json"
    ).json()["value"]

    assert browser.get(address).status_code == 200
    assert browser.get(f"/console/tickets/{ticket.number}/").content.decode().count("/t/files/") == 2


def test_no_button_where_the_file_would_be_refused(browser, ticket):
    part = {
        "Effect": "Deny",
        "Action": "access:RevealField",
        "Resource": "acs:helpdesk:*:*:ticketattachment/*",
    }
    PolicyFactory(is_guardrail=True, document={"Version": "1", "Statement": [part]})

    page = browser.get(f"/console/tickets/{ticket.number}/").content.decode()

    assert "data-file" in page
    assert "Show file…" not in page
