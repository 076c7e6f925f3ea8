import json

import pytest
from django.conf import settings
from django.urls import reverse

from apps.console.shop import DEMO

PRODUCTS = json.loads((DEMO / "products.json").read_text())


def test_home_shows_the_featured_product_without_a_database(client):
    response = client.get("/")

    assert response.status_code == 200
    assert b"Cloudstep Runner" in response.content
    assert b"\xc2\xa5499" in response.content


def test_the_widget_is_embedded_by_one_tag(client):
    page = client.get(reverse("shop-product", args=["CO-201"])).content.decode()

    assert page.count("widget.js") == 1
    assert '<script src="/widget.js" data-inbox="web" async></script>' in page
    assert '<meta name="helpdesk:product-category" content="cosmetics">' in page
    assert '<meta name="helpdesk:product" content="CO-201">' in page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product["sku"])
def test_every_product_has_a_page_and_a_picture(client, product, language):
    response = client.get(reverse("shop-product", args=[product["sku"]]), {"lang": language})

    assert response.context["product"]["name"] == product["name"][language]
    assert (settings.BASE_DIR / "static" / response.context["product"]["art"]).is_file()


def test_the_language_is_remembered(client):
    client.get("/", {"lang": "zh-hans"})

    response = client.get("/")

    assert "云步跑鞋".encode() in response.content
    assert b'<html lang="zh-hans">' in response.content


def test_an_unknown_language_changes_nothing(client):
    response = client.get("/", {"lang": "xx"})

    assert response.context["language"] == "en"
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies


def test_an_unknown_product_is_not_found(client):
    assert client.get(reverse("shop-product", args=["SH-999"])).status_code == 404


def test_only_shoes_have_sizes_and_only_runners_half_ones(client):
    def sizes(sku):
        return client.get(reverse("shop-product", args=[sku])).context["sizes"]

    assert "39.5" in sizes("SH-101")
    assert "39.5" not in sizes("SH-102")
    assert sizes("EL-301") == []


def test_products_of_the_same_category_come_first(client):
    others = client.get(reverse("shop-product", args=["SP-602"])).context["others"]

    assert [item["category"] for item in others[:2]] == ["sport", "sport"]
    assert "SP-602" not in [item["sku"] for item in others]


def test_the_footer_leads_behind_the_counter(client):
    page = client.get("/").content.decode()

    for address in ("/console/", "/admin/", "/api/docs/"):
        assert f'href="{address}"' in page


def test_nothing_is_inline(client):
    page = client.get("/").content.decode()

    assert "style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=") + page.count('<script type="module" src=')
