import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from apps.common.security import HEADER, SecurityHeadersMiddleware, allow_framing


def policy(path="/", change=lambda response: None):
    def view(request):
        response = HttpResponse()
        change(response)
        return response

    value = SecurityHeadersMiddleware(view)(RequestFactory().get(path))[HEADER]
    return dict(part.split(" ", 1) for part in value.split("; "))


@pytest.mark.parametrize("path", ["/", "/console/", "/widget/", "/api/v1/queues/", "/administration/"])
def test_our_pages_run_nothing_inline(path):
    ours = policy(path)

    assert ours["default-src"] == "'self'"
    assert not [sources for sources in ours.values() if "unsafe" in sources]
    assert ours["frame-ancestors"] == "'none'"


def test_admin_theme_may_evaluate():
    assert "'unsafe-eval'" in policy("/admin/chat/")["script-src"]
    assert policy("/admin/")["object-src"] == "'none'"


def test_view_changes_one_directive():
    def change(response):
        response.csp_update = {"img-src": ["'self'", "https://cdn.example"]}

    changed = policy(change=change)

    assert changed["img-src"] == "'self' https://cdn.example"
    assert changed["default-src"] == "'self'"


@pytest.mark.parametrize(
    ("origins", "expected"),
    [
        (["https://shop.example", "https://*.shop.example"], "https://shop.example https://*.shop.example"),
        (["*"], "*"),
        ([], "'none'"),
    ],
)
def test_widget_names_who_may_frame_it(origins, expected):
    assert (
        policy("/widget/", lambda response: allow_framing(response, origins))["frame-ancestors"] == expected
    )


def test_policy_of_the_view_itself_stays():
    def change(response):
        response[HEADER] = "default-src 'none'"

    assert policy(change=change) == {"default-src": "'none'"}


def test_every_answer_has_the_headers(client):
    answer = client.get("/accounts/nowhere/")

    assert answer.status_code == 404
    assert answer[HEADER].startswith("default-src 'self'")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize(
    ("path", "sharing"),
    [
        ("/static/css/base.css", "cross-origin"),
        ("/widget.js", "cross-origin"),
        ("/", "same-origin"),
        ("/healthz", "same-origin"),
    ],
)
def test_pages_scripts_and_files_alike_are_bound(client, transactional_db, path, sharing):
    answer = client.get(path)

    assert answer.status_code in (200, 503)
    assert answer["Cross-Origin-Resource-Policy"] == sharing
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer[HEADER].startswith("default-src 'self'")
    if path != "/healthz":
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "strict-origin-when-cross-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_private_answer_may_say_itself_who_shares_it():
    def change(response):
        response["Cross-Origin-Resource-Policy"] = "same-site"

    assert (
        SecurityHeadersMiddleware(lambda request: answered(change))(RequestFactory().get("/"))[
            "Cross-Origin-Resource-Policy"
        ]
        == "same-site"
    )


def answered(change):
    response = HttpResponse()
    change(response)
    return response
