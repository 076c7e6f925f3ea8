import gzip

import pytest
from django.urls import reverse

from apps.console.widget_files import LANGUAGES, LAZY, widget_files
from apps.inboxes import embedding
from apps.inboxes.tests.factories import InboxFactory

BUDGET = 30_000  # bytes, gzipped, for everything that a shopper downloads


@pytest.fixture
def inbox(db):
    embedding.forget()
    yield InboxFactory(slug="web", allowed_origins=["https://shop.example"])
    embedding.forget()


def test_the_loader_is_public_and_kept_for_minutes_only(client):
    response = client.get("/widget.js")

    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=600"
    assert b"attachShadow" in response.content


def test_files_are_compressed_for_those_who_can_read_it(client):
    plain = client.get("/widget.js")
    zipped = client.get("/widget.js", headers={"Accept-Encoding": "gzip, br"})

    assert gzip.decompress(zipped.content) == plain.content
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in zipped.headers["Vary"]


def test_the_frame_is_compressed_too(client, inbox):
    plain = client.get("/widget/", {"inbox": "web"})
    zipped = client.get("/widget/", {"inbox": "web"}, headers={"Accept-Encoding": "gzip"})

    assert gzip.decompress(zipped.content) == plain.content
    assert zipped.headers["Content-Type"] == "text/html; charset=utf-8"


def test_the_frame_may_be_framed_by_the_shops_of_its_inbox(client, inbox):
    response = client.get("/widget/", {"inbox": "web"})

    assert "frame-ancestors 'self' https://shop.example" in response.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in response.headers


def test_an_unknown_inbox_has_no_frame(client, inbox):
    assert client.get("/widget/", {"inbox": "nope"}).status_code == 404


@pytest.mark.parametrize(
    ("locale", "language"),
    [("en-GB", "en"), ("zh-CN", "zh-hans"), ("zh-hans", "zh-hans"), ("fr", "en"), ("", "en")],
)
def test_the_frame_speaks_the_shoppers_language(client, inbox, locale, language):
    response = client.get("/widget/", {"inbox": "web", "locale": locale})

    assert f'<html lang="{language}">' in response.content.decode()
    assert f"/widget-{language}.js" in response.content.decode()


@pytest.mark.parametrize(("theme", "attribute"), [("dark", ' data-theme="dark"'), ("auto", ""), ("<b>", "")])
def test_the_frame_takes_a_theme(client, inbox, theme, attribute):
    response = client.get("/widget/", {"inbox": "web", "theme": theme})

    assert f'<html lang="en"{attribute}>' in response.content.decode()


def test_files_of_this_version_are_kept_for_ever_others_are_not(client):
    now = client.get(reverse("widget-file", args=[widget_files().version, "widget.css"]))
    before = client.get(reverse("widget-file", args=["0123456789ab", "widget.css"]))

    assert now.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert before.headers["Cache-Control"] == "no-cache"
    assert before.content == now.content


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LAZY)
def test_what_few_need_is_a_file_of_its_own(client, name, language):
    files = widget_files()

    part = client.get(reverse("widget-file", args=[files.version, f"{name}-{language}.js"]))

    assert part.content.endswith(b"export { open };")
    assert f"{name}_{language.replace('-', '_')}".encode() not in files.files[f"widget-{language}.js"].content


def test_only_the_widgets_own_files_are_served(client):
    for name in ("settings.py", "..", "main.js"):
        assert client.get(f"/widget/files/0123456789ab/{name}").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_whole_widget_fits_the_budget(client, inbox, language):
    files = reverse("widget-file", args=[widget_files().version, "x"]).removesuffix("x")
    first = [
        "/widget.js",
        f"/widget/?inbox=web&locale={language}",
        f"{files}widget.css",
        f"{files}widget-{language}.js",
    ]

    total = sum(len(client.get(url, headers={"Accept-Encoding": "gzip"}).content) for url in first)

    assert total < BUDGET


def test_nothing_of_the_widget_is_inline(client, inbox):
    page = client.get("/widget/", {"inbox": "web"}).content.decode()

    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count('<script type="module" src="/widget/files/')
