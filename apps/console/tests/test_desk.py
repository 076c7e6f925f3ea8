import json
import re

import pytest
from django.urls import reverse

from apps.access.enums import RoleSlug
from apps.chat.tests.factories import active_session, make_agent, make_supervisor
from apps.console.desk import STYLES
from apps.console.preferences import THEME_COOKIE
from apps.routing.tests.factories import QueueFactory, StaffFactory

pytestmark = pytest.mark.django_db
CONSOLE = reverse("console")


@pytest.fixture
def agent(client):
    user = make_agent(QueueFactory())
    client.force_login(user)
    return user


def config_of(response) -> dict:
    """What the page tells its scripts."""
    block = re.search(
        r'<script id="console-config"[^>]*>(.*?)</script>', response.content.decode(), re.DOTALL
    )
    return json.loads(block[1])


def test_desk_asks_a_stranger_to_sign_in(client):
    response = client.get(CONSOLE)

    assert (response.status_code, response.url) == (302, f"{reverse('login')}?next={CONSOLE}")


@pytest.mark.parametrize(("role", "status"), [(slug, 200) for slug in RoleSlug] + [(None, 403)])
def test_desk_opens_for_those_who_may_read_chats(client, role, status):
    client.force_login(StaffFactory(role=role) if role else StaffFactory())

    assert client.get(CONSOLE).status_code == status


def test_desk_has_no_inline_script_and_is_never_cached(client, agent):
    response = client.get(CONSOLE)
    html = response.content.decode()

    scripts = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", html)
    assert [attributes for attributes in scripts if "application/json" not in attributes] == []
    assert not re.search(r'\sstyle="|\son\w+="', html)
    assert "no-store" in response["Cache-Control"]


def test_desk_tells_its_scripts_who_is_here_and_what_they_may(client, agent):
    config = config_of(client.get(CONSOLE))

    assert config["me"]["id"] == agent.pk
    assert "chat:SendMessage" in config["me"]["actions"]
    assert "chat:JoinBarge" not in config["me"]["actions"]
    assert (config["may"]["supervise"], config["urls"]["admin"]) == (False, "")
    assert config["zone"] == "Asia/Shanghai"


def test_desk_offers_supervisors_to_join(client):
    client.force_login(make_supervisor(QueueFactory()))
    response = client.get(CONSOLE)

    assert config_of(response)["may"]["supervise"]
    assert 'data-join="whisper"' in response.content.decode()


def test_desk_offers_agents_no_joining(client, agent):
    assert "data-join=" not in client.get(CONSOLE).content.decode()


def test_desk_costs_the_same_whatever_is_going_on(client, django_assert_num_queries):
    chat = active_session()
    client.force_login(chat.agent)
    for _ in range(3):
        active_session(chat.agent, queue=chat.queue)

    with django_assert_num_queries(4):  # session, user, actions, assumed roles
        client.get(reverse("console-chat", args=[chat.public_id]))


def test_desk_of_an_unknown_chat_is_the_same_page(client, agent):
    assert client.get(reverse("console-chat", args=["nobody-knows-it"])).status_code == 200


def test_desk_speaks_the_users_language_and_says_so_to_later_requests(client, agent):
    agent.locale = "zh-hans"
    agent.save()

    response = client.get(CONSOLE)

    assert '<html lang="zh-hans"' in response.content.decode()
    assert response.cookies["django_language"].value == "zh-hans"


@pytest.mark.parametrize(
    ("cookie", "wanted"), [("dark", ' data-theme="dark"'), ("system", ""), ('"><script>', "")]
)
def test_desk_arrives_in_the_chosen_theme(client, agent, cookie, wanted):
    client.cookies[THEME_COOKIE] = cookie

    assert f'<html lang="en"{wanted}>' in client.get(CONSOLE).content.decode()


def test_desk_links_only_styles_that_there_are(settings):
    root = settings.BASE_DIR / "static"

    assert [name for name in STYLES if not (root / name).is_file()] == []


def test_desk_falls_back_where_the_zone_is_unknown(client, agent):
    agent.zone = "Mars/Olympus"
    agent.save()

    assert config_of(client.get(CONSOLE))["zone"] == "UTC"
