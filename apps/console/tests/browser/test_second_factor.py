"""A security key, from setting it up to signing in with it: Chromium's own virtual one."""

import re

import pytest

from apps.access.tests.factories import GrantFactory, RoleFactory
from apps.routing.tests.factories import make_agent

PASSWORD = "correct horse battery"
KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def guarded(live_desk):
    """An agent whose role asks for a second factor."""
    user = make_agent()
    user.set_password(PASSWORD)
    user.save()
    GrantFactory(user=user, role=RoleFactory(requires_mfa=True))
    return user


def plug_in(page, **changes):
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    added = wire.send("WebAuthn.addVirtualAuthenticator", {"options": {**KEY, **changes}})
    return wire, added["authenticatorId"]


def sign_in(page, base, user):
    page.goto(f"{base}/accounts/login/")
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_key_is_set_up_and_then_opens_the_desk(live_desk, new_page, guarded):
    base = live_desk.base_url.replace("127.0.0.1", "localhost")  # keys are bound to names
    page, problems = new_page(viewport={"width": 390, "height": 800}), []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    plug_in(page)

    sign_in(page, base, guarded)
    page.wait_for_url("**/accounts/factors/")
    page.get_by_role("link", name="A security key, or this device").click()
    page.get_by_label("What do you call it?").fill("Blue key")
    page.get_by_role("button", name="Add the key").click()
    page.wait_for_url("**/accounts/factors/codes/")
    assert len(re.findall(r"\b\d{8}\b", page.locator(".plain__codes").inner_text())) == 10

    page.get_by_role("link", name="I have kept them").click()
    page.wait_for_url("**/console/")
    page.goto(f"{base}/console/security/")
    assert page.get_by_text("Blue key").is_visible()
    assert page.get_by_text("with a second factor").is_visible()

    page.context.clear_cookies()
    sign_in(page, base, guarded)
    page.wait_for_url("**/accounts/second-factor/")
    page.get_by_role("button", name="Use your security key").click()
    page.wait_for_url("**/console/")
    assert problems == []


def test_the_key_of_somebody_else_opens_nothing(live_desk, new_page, guarded):
    base = live_desk.base_url.replace("127.0.0.1", "localhost")
    page = new_page()
    wire, own = plug_in(page)
    sign_in(page, base, guarded)
    page.get_by_role("link", name="A security key, or this device").click()
    page.get_by_role("button", name="Add the key").click()
    page.wait_for_url("**/accounts/factors/codes/")
    wire.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": own})
    wire.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})

    page.context.clear_cookies()
    sign_in(page, base, guarded)
    page.get_by_role("button", name="Use your security key").click()

    page.get_by_text("The key did not answer").wait_for()
    assert page.url.endswith("/accounts/second-factor/")
