from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from apps.access.actors import SYSTEM
from apps.common.security import SecurityHeadersMiddleware
from apps.inboxes import embedding, services
from apps.inboxes.middleware import EmbeddingMiddleware
from apps.inboxes.models import Inbox
from apps.inboxes.tests.factories import InboxFactory

pytestmark = pytest.mark.django_db
SHOP, STRANGER = "https://shop.example", "https://evil.example"
SESSIONS = "/api/v1/visitor/sessions"


@pytest.fixture
def answer():
    """Send a request through the middleware to a view that answers 200 to everything."""
    handler = SecurityHeadersMiddleware(EmbeddingMiddleware(lambda request: HttpResponse("view")))

    def send(method, path, origin="", **headers):
        headers = {f"HTTP_{name}": value for name, value in headers.items()}
        if origin:
            headers["HTTP_ORIGIN"] = origin
        return handler(RequestFactory().generic(method, path, **headers))

    return send


def preflight(answer, origin, path=SESSIONS):
    return answer("OPTIONS", path, origin, ACCESS_CONTROL_REQUEST_METHOD="POST")


def test_a_preflight_of_a_shop_is_answered_for_the_view(answer):
    InboxFactory(allowed_origins=[SHOP])

    response = preflight(answer, SHOP)

    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert "Authorization" in response["Access-Control-Allow-Headers"]


def test_a_preflight_of_a_stranger_gets_no_permission(answer):
    InboxFactory(allowed_origins=[SHOP])

    response = preflight(answer, STRANGER)

    assert response.status_code == 204
    assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_the_answer_to_a_shop_may_be_read_there(answer):
    InboxFactory(allowed_origins=[SHOP])

    response = answer("POST", SESSIONS, SHOP)

    assert response.content == b"view"
    assert response["Access-Control-Allow-Origin"] == SHOP
    assert "Access-Control-Allow-Credentials" not in response


def test_every_answer_varies_by_origin(answer):
    assert answer("GET", SESSIONS)["Vary"] == "Origin"


def test_a_stranger_may_not_read_the_answer(answer):
    InboxFactory(allowed_origins=[SHOP])

    assert "Access-Control-Allow-Origin" not in answer("POST", SESSIONS, STRANGER)


def test_an_inactive_inbox_allows_nobody(answer):
    InboxFactory(allowed_origins=[SHOP], is_active=False)

    assert "Access-Control-Allow-Origin" not in answer("POST", SESSIONS, SHOP)


def test_a_named_inbox_counts_alone(answer):
    InboxFactory(slug="web", allowed_origins=[SHOP])
    InboxFactory(slug="app", allowed_origins=[])

    assert "Access-Control-Allow-Origin" in answer("GET", "/api/v1/visitor/config?inbox=web", SHOP)
    assert "Access-Control-Allow-Origin" not in answer("GET", "/api/v1/visitor/config?inbox=app", SHOP)


@pytest.mark.parametrize("path", ["/api/v1/sessions/", "/api/v1/customers/", "/console/", "/api/v1/visitors"])
def test_other_addresses_are_closed_to_other_pages(answer, path):
    InboxFactory(allowed_origins=["*"])

    assert "Access-Control-Allow-Origin" not in answer("GET", path, SHOP)
    assert preflight(answer, SHOP, path).content == b"view"


def framing(response):
    directives = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    return directives["frame-ancestors"]


def test_a_shop_may_frame_the_widget_of_its_inbox(answer):
    InboxFactory(slug="web", allowed_origins=[SHOP, "https://*.shop.example"])

    response = answer("GET", "/widget/?inbox=web")

    assert framing(response) == f"'self' {SHOP} https://*.shop.example"
    assert response.xframe_options_exempt


def test_an_open_inbox_may_be_framed_anywhere(answer):
    InboxFactory(slug="web", allowed_origins=["*"])

    assert framing(answer("GET", "/widget/?inbox=web")) == "*"


@pytest.mark.parametrize("query", ["", "?inbox=", "?inbox=unknown", "?inbox=app"])
def test_the_widget_of_no_inbox_is_framed_by_us_alone(answer, query):
    InboxFactory(slug="web", allowed_origins=[SHOP])
    InboxFactory(slug="app", allowed_origins=[SHOP], is_active=False)

    assert framing(answer("GET", f"/widget/{query}")) == "'self'"


def test_other_pages_are_framed_by_nobody(answer):
    InboxFactory(slug="web", allowed_origins=["*"])

    assert framing(answer("GET", "/console/?inbox=web")) == "'none'"


def test_origins_are_read_once_in_a_while(django_assert_num_queries):
    InboxFactory(slug="web", allowed_origins=[SHOP])

    with django_assert_num_queries(1):
        assert embedding.allowed_origins(clock=lambda: 0.0) == {"web": (SHOP,)}
        assert embedding.allowed_origins(clock=lambda: 1.9) == {"web": (SHOP,)}
    with django_assert_num_queries(1):
        embedding.allowed_origins(clock=lambda: 2.0)


def test_a_change_counts_at_once_in_this_process(django_capture_on_commit_callbacks):
    inbox = InboxFactory(allowed_origins=[SHOP])
    assert not embedding.may_embed(STRANGER)

    with django_capture_on_commit_callbacks(execute=True):
        services.update_inbox(inbox, actor=SYSTEM, allowed_origins=[STRANGER])

    assert embedding.may_embed(STRANGER)
    assert not embedding.may_embed(SHOP)


def test_without_a_database_the_last_known_origins_hold():
    InboxFactory(slug="web", allowed_origins=[SHOP])
    embedding.allowed_origins(clock=lambda: 0.0)

    with patch.object(Inbox.objects, "active", side_effect=OperationalError):
        assert embedding.allowed_origins(clock=lambda: 9.0) == {"web": (SHOP,)}


@pytest.mark.parametrize(
    ("origin", "expected"),
    [("", True), ("http://testserver", True), (SHOP, True), (STRANGER, False), ("null", False)],
)
def test_trusted_pages(origin, expected):
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    request = RequestFactory().post(SESSIONS, **headers)

    assert embedding.is_trusted_page(request, InboxFactory.build(allowed_origins=[SHOP])) is expected


def test_the_middleware_is_in_use(client):
    InboxFactory(allowed_origins=[SHOP])
    asks = {"origin": SHOP, "access-control-request-method": "POST"}

    assert client.options(SESSIONS, headers=asks)["Access-Control-Allow-Origin"] == SHOP
