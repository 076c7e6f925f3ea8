import pytest
from django.core.exceptions import ValidationError

from apps.inboxes.origins import matches, validate_origin


@pytest.mark.parametrize(
    "origin",
    ["*", "https://shop.example", "http://localhost:8000", "https://*.shop.example", "http://127.0.0.1:81"],
)
def test_origins_that_may_be_named(origin):
    validate_origin(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "shop.example",
        "https://",
        "https://shop.example/",
        "https://shop.example/page",
        "https://Shop.example",
        "ftp://shop.example",
        "https://*",
        "https://shop.*.example",
        "https://shop.example; script-src *",
        "https://shop.example\n",
        "https://shop.example:port",
        "null",
    ],
)
def test_what_is_no_origin(origin):
    with pytest.raises(ValidationError):
        validate_origin(origin)


@pytest.mark.parametrize(
    ("origin", "pattern", "expected"),
    [
        ("https://shop.example", "https://shop.example", True),
        ("https://SHOP.example", "https://shop.example", True),
        ("http://shop.example", "https://shop.example", False),
        ("https://shop.example:8443", "https://shop.example", False),
        ("https://a.shop.example", "https://shop.example", False),
        ("https://a.shop.example", "https://*.shop.example", True),
        ("https://a.b.shop.example", "https://*.shop.example", True),
        ("https://shop.example", "https://*.shop.example", False),
        ("https://.shop.example", "https://*.shop.example", False),
        ("https://evil.example/.shop.example", "https://*.shop.example", False),
        ("https://evilshop.example", "https://*.shop.example", False),
        ("http://a.shop.example", "https://*.shop.example", False),
        ("https://a.shop.example:8443", "https://*.shop.example:8443", True),
        ("https://anything.example", "*", True),
        ("null", "*", True),
        ("null", "https://shop.example", False),
    ],
)
def test_matches(origin, pattern, expected):
    assert matches(origin, ["https://other.example", pattern]) is expected


def test_nothing_matches_an_empty_list():
    assert not matches("https://shop.example", [])
