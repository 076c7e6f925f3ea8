import pytest
from playwright.sync_api import expect

from apps.chat.tests.factories import active_session
from apps.console.tests.browser.agent import AgentDesk
from apps.console.tests.browser.shopper import Shopper, web_inbox
from apps.tickets.tests.factories import QueueFactory, make_agent


@pytest.fixture
def console(live_desk, new_page):
    """``console(user, **context_options)``: a signed-in console; no page may have had an error in the end."""
    desks = []

    def sign_in(user, *, language="en", path="/console/", **options):
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **options})
        desks.append(AgentDesk(page, live_desk.base_url, user, language=language))
        return desks[-1].visit(path)

    yield sign_in
    assert [error for desk in desks for error in desk.errors] == []


@pytest.fixture
def chat(live_desk):
    """An active chat of Ann."""
    session = active_session()
    session.customer.name = "Ann Lee"
    session.customer.save()
    return session


@pytest.fixture
def desk(console, chat):
    """The console of the chat's agent, with the chat open."""
    return console(chat.agent).open(chat)


@pytest.fixture
def queue(live_desk):
    return QueueFactory(is_default=True)


@pytest.fixture
def agent(queue):
    """An agent of ``queue``, for tickets."""
    return make_agent(queue)


@pytest.fixture
def at(live_desk, new_page):
    """``at(user, path, route=(pattern, handler), ready=True)``: a page of the frame; in the end none had an error."""
    desks = []

    def go(user, path, *, route=None, ready=True, **options):
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **options})
        desks.append(AgentDesk(page, live_desk.base_url, user))
        if route:
            page.route(*route)
        page.goto(f"{live_desk.base_url}{path}", wait_until="commit")
        if ready:
            expect(page.locator("[data-own-avatar][data-presence]")).to_be_visible()
        return page

    yield go
    assert [error for desk in desks for error in desk.errors] == []


@pytest.fixture
def shopper(live_desk, page):
    """A shopper at the demo shop; no page may have had an error in the end."""
    web_inbox()
    shopper = Shopper(page, live_desk.base_url)
    yield shopper
    assert shopper.errors == []
