"""No way past the door for sockets: what does not open a page opens no socket, and what ends a session ends them."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.access.models import ApiToken
from apps.access.signin import sessions
from apps.access.signin.links import password_chosen
from apps.access.tests.factories import ApiTokenFactory, GrantFactory, RoleFactory
from apps.chat.tests.client import Agent
from apps.common.aio import run_db

NOT_SIGNED_IN = 4401
PASSWORD = "correct horse battery"
SOON_S = 5


@pytest.fixture
def browser(chat):
    """One in which the agent of the chat has signed in with the password."""
    chat.agent.set_password(PASSWORD)
    chat.agent.save()
    client = Client()
    client.post(reverse("login"), {"username": chat.agent.username, "password": PASSWORD})
    return client


def headers_of(client):
    return {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}


def out_of_time(client, user):
    session = client.session
    session[sessions.SEEN] -= 3600
    session.save()


def switch_off(client, user):
    user.is_active = False
    user.save()


def require_factor(client, user):
    GrantFactory(user=user, role=RoleFactory(requires_mfa=True))


ENDS = {
    "ended": lambda client, user: sessions.end_all(user, actor=user),
    "signed out": lambda client, user: client.post(reverse("logout")),
    "idle": out_of_time,
    "inactive": switch_off,
    "needs a factor": require_factor,
    "password changed": lambda client, user: password_chosen(user, by="page"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_what_ends_a_session_closes_its_socket_within_five_seconds(desk, chat, browser, end):
    async with Agent(desk.url, origin=desk.origin, additional_headers=headers_of(browser)) as console:
        await console.hello()
        await run_db(ENDS[end], browser, chat.agent)

        assert await console.closed(within=2 * SOON_S) == NOT_SIGNED_IN  # twice: for a busy machine


@pytest.mark.parametrize("end", ENDS)
async def test_and_opens_no_other(desk, chat, browser, end):
    headers = headers_of(browser)
    await run_db(ENDS[end], browser, chat.agent)

    async with Agent(desk.url, origin=desk.origin, additional_headers=headers) as console:
        await console.send("hello", v=1)
        assert await console.closed() == NOT_SIGNED_IN


@pytest.mark.parametrize(
    "token",
    ["wrong", "expired", "revoked", "of nobody active"],
)
async def test_no_token_that_is_wrong_opens_a_socket(desk, chat, token):
    def spoil():
        ApiTokenFactory(user=chat.agent, token="secret")
        now = timezone.now()
        rows = ApiToken.objects.filter(user=chat.agent)
        if token == "expired":
            rows.update(expires_at=now)
        if token == "revoked":
            rows.update(revoked_at=now)
        if token == "of nobody active":
            switch_off(None, chat.agent)

    await run_db(spoil)
    shown = "secret" if token != "wrong" else "x" * 43
    async with Agent(desk.url, token=shown) as program:
        await program.send("hello", v=1, token=shown)
        assert await program.closed() == NOT_SIGNED_IN
