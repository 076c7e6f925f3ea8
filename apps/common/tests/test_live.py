import asyncio
import json
import urllib.error
import urllib.request

import pytest
import websockets
from django.contrib.auth import get_user_model

from apps.common.embedded.program import until


def test_live_desk_is_ready(live_desk):
    # Another test may have emptied the cache, and the workers' heartbeat with it: the next comes within 15 s.
    assert until(lambda: readiness(live_desk)["ok"], timeout=30, pause=0.5), readiness(live_desk)

    assert {"database", "redis", "migrations", "worker"} == set(readiness(live_desk)["checks"])


def readiness(live_desk):
    try:
        with urllib.request.urlopen(f"{live_desk.base_url}/readyz") as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refusal:
        return json.load(refusal)


def test_live_desk_sees_rows_of_the_test(live_desk, page):
    get_user_model().objects.create_superuser("root", "root@desk.example", "a long password")

    page.goto(f"{live_desk.base_url}/admin/")
    page.get_by_label("User name").fill("root")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Sign in").click()
    page.locator('#user-tools, [action$="logout/"]').first.wait_for(state="attached")

    assert get_user_model().objects.get(username="root").last_login is not None


def test_live_desk_refuses_unknown_socket(live_desk):
    async def connect():
        async with websockets.connect(f"{live_desk.ws_url}/ws/nowhere/"):
            pass

    with pytest.raises(websockets.InvalidStatus, match="403"):
        asyncio.run(connect())


def test_stored_rows_of_one_live_test_are_gone_in_the_next(live_desk):
    assert not get_user_model().objects.filter(username="root").exists()


async def test_asyncio_works_after_a_browser_test():
    await asyncio.sleep(0)


def violations(page):
    """Messages about our content security policy that ``page`` will print from now on."""
    found = []
    page.on(
        "console", lambda message: "Content Security Policy" in message.text and found.append(message.text)
    )
    return found


def test_api_docs_work_under_the_policy(live_desk, page):
    found = violations(page)

    page.goto(f"{live_desk.base_url}/api/docs/")
    page.locator(".swagger-ui .info .title").wait_for()

    assert not found


def test_admin_works_under_the_policy(live_desk, page):
    get_user_model().objects.create_superuser("root", "root@desk.example", "a long password")
    found = violations(page)

    page.goto(f"{live_desk.base_url}/admin/")
    page.get_by_label("User name").fill("root")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{live_desk.base_url}/admin/access/user/")
    page.locator("#changelist").wait_for()

    assert not found
