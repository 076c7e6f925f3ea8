import pytest
from rest_framework.test import APIClient

from apps.chat import services
from apps.chat.models import ChatSession
from apps.chat.tests.checks import snapshot
from apps.chat.tests.factories import (
    InboxFactory,
    default_queue,
    make_agent,
)
from apps.chat.tests.rest import ROOT, Visitor, assert_problem
from apps.inboxes.tests.factories import signed_identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def visitor():
    return Visitor(services.open_session(inbox_slug=InboxFactory(slug="web").slug))


@pytest.fixture
def anybody():
    return APIClient()


# Opening


def test_a_chat_is_opened(anybody):
    InboxFactory(slug="web")
    body = {
        "inbox": "web",
        "channel": "app",
        "source": "/p/1",
        "page_title": "Runner",
        "product_category": "shoes",
        "product": "SH-101",
        "locale": "zh-hans",
        "customer": {"name": "Mei", "email": "mei@shop.example", "phone": ""},
    }

    response = anybody.post(f"{ROOT}sessions", body)

    session = ChatSession.objects.get()
    assert response.status_code == 201
    answer = response.json()
    assert services.session_of_token(answer.pop("token")) == session
    assert answer == {"session": session.public_id, "ws_url": "/ws/visitor/", "resumed": False}
    assert (session.page_title, session.locale, session.customer.email) == (
        "Runner",
        "zh-hans",
        "mei@shop.example",
    )


def test_an_old_token_or_the_identity_resumes(anybody):
    inbox = InboxFactory(slug="web", signing=True)
    identity = signed_identity(inbox)
    first = anybody.post(f"{ROOT}sessions", {"identity": identity}).json()

    by_token = anybody.post(
        f"{ROOT}sessions", {}, headers={"Authorization": f"Bearer {first['token']}"}
    ).json()
    by_identity = anybody.post(f"{ROOT}sessions/", {"identity": identity}).json()

    assert by_token["session"] == by_identity["session"] == first["session"]
    assert by_token["resumed"]
    assert by_identity["resumed"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"source": "x" * 501}, "invalid"),
        ({"customer": {"email": "nonsense"}}, "invalid"),
        ({"customer": "Mei"}, "invalid"),
        ({"identity": "no.j.wt"}, "bad_identity"),
        ({"inbox": "\x00"}, "invalid"),
        ([], "invalid"),
    ],
)
def test_a_malformed_opening_opens_nothing(anybody, body, code):
    InboxFactory(slug="web", signing=True)

    assert_problem(anybody.post(f"{ROOT}sessions", body), 400, code)
    assert not ChatSession.objects.exists()


def test_an_unknown_inbox_is_not_found(anybody):
    assert_problem(anybody.post(f"{ROOT}sessions", {"inbox": "nowhere"}), 404, "not_found")


def test_openings_from_one_address_are_limited(anybody, settings):
    settings.CHAT_OPEN_PER_MINUTE = 2
    InboxFactory(slug="web")
    statuses = [anybody.post(f"{ROOT}sessions", {}).status_code for _ in range(2)]

    refused = anybody.post(f"{ROOT}sessions", {})

    assert statuses == [201, 201]
    assert_problem(refused, 429, "rate_limited")
    assert refused["Retry-After"] == "60"
    assert ChatSession.objects.count() == 2


# Whose session


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", ""), ("get", "messages"), ("post", "messages"), ("post", "cancel"), ("post", "received"),
        ("post", "read"), ("post", "typing"), ("post", "human"), ("post", "end"), ("post", "reopen"),
        ("post", "contact"), ("post", "page"), ("post", "rate"),
    ],
)  # fmt: skip
def test_a_token_opens_its_own_session_only(visitor, anybody, method, name):
    other = Visitor(services.open_session(inbox_slug="web"))
    before = snapshot(visitor.session)
    url = visitor.url(name)

    assert_problem(getattr(other.client, method)(url), 404, "not_found")
    assert_problem(getattr(anybody, method)(url), 401, "not_signed_in")
    anybody.credentials(HTTP_AUTHORIZATION="Bearer unknown")
    assert_problem(getattr(anybody, method)(url), 401, "not_signed_in")
    assert snapshot(visitor.session) == before


def test_the_token_of_an_agent_is_no_visitors(visitor, anybody):
    anybody.force_login(make_agent())

    assert_problem(anybody.get(visitor.url()), 401, "not_signed_in")


def test_uploads_need_a_token(anybody):
    assert_problem(anybody.post(f"{ROOT}uploads"), 401, "not_signed_in")


# What the widget asks first


def test_the_config_of_an_inbox(anybody):
    default_queue()
    InboxFactory(slug="web", shop_name="Little Shop", color="#0a7d6c")

    body = anybody.get(f"{ROOT}config", {"inbox": "web", "locale": "zh-hans"}).json()

    assert (body["inbox"], body["shop_name"], body["greeting"], body["locale"]) == (
        "web", "Little Shop", "您好！", "zh-hans",
    )  # fmt: skip
    assert body["hours"] == {"open": True, "opens_at": None}
    assert "image/png" in body["upload"]["types"]


@pytest.mark.parametrize(("inbox", "status", "code"), [("none", 404, "not_found"), ("\x00", 400, "invalid")])
def test_the_config_of_no_inbox(anybody, inbox, status, code):
    assert_problem(anybody.get(f"{ROOT}config", {"inbox": inbox}), status, code)


def test_a_desk_without_queues_still_has_a_config(anybody):
    InboxFactory(slug="web")

    assert anybody.get(f"{ROOT}config").json()["hours"]["open"] is False
