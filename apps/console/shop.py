"""The demo shop: pages of a made-up shop that embed the widget as any shop would. No data of the desk in here."""

import json
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.views.decorators.http import require_safe

DEMO = settings.BASE_DIR / "fixtures" / "demo"
FEATURED = "SH-101"
OTHERS = 8  # products in the grid
LANGUAGES = {"en": "English", "zh-hans": "简体中文"}
YEAR_S = 365 * 24 * 3600
SHOE_SIZES = [str(size) for size in range(36, 46)]
HALF_SIZES = {"SH-101"}


@require_safe
def product_page(request: HttpRequest, sku: str = FEATURED) -> HttpResponse:
    """One product, and others of the shop. ``?lang=`` chooses the language and is remembered in the usual cookie."""
    language = _language(request)
    found = next((item for item in _products() if item["sku"] == sku.upper()), None)
    if found is None:
        raise Http404("The shop does not sell this.")
    with translation.override(language):
        response = render(request, "shop/product.html", _context(found, language))
    if request.GET.get("lang") in LANGUAGES:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR_S, samesite="Lax")
    return response


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang", "")
    return asked if asked in LANGUAGES else translation.get_language() or "en"


def _context(found: dict[str, Any], language: str) -> dict[str, Any]:
    texts = _read("shop.json").get(language) or _read("shop.json")["en"]
    product = _in_language(found, language)
    near = sorted(_products(), key=lambda item: item["category"] != found["category"])
    others = [_in_language(item, language) for item in near if item["sku"] != found["sku"]]
    return {
        "product": product,
        "others": others[:OTHERS],
        "text": texts,
        "categories": _categories(texts),
        "category_name": texts["categories"].get(found["category"], ""),
        "gallery_label": texts["gallery"].format(name=product["name"]),
        "sizes": _sizes(found),
        "language": language,
        "languages": LANGUAGES.items(),
    }


def _products() -> list[dict[str, Any]]:
    return _read("products.json")


@lru_cache
def _read(name: str) -> Any:
    return json.loads((DEMO / name).read_text(encoding="utf-8"))


def _in_language(item: dict[str, Any], language: str) -> dict[str, Any]:
    said = {key: item[key].get(language) or item[key]["en"] for key in ("name", "blurb", "details")}
    price = Decimal(item["price"]).normalize()
    art = f"img/shop/{item['sku'].lower()}.svg"
    return {"sku": item["sku"], "category": item["category"], "price": f"¥{price:,f}", "art": art, **said}


def _categories(texts: dict[str, Any]) -> list[tuple[str, str]]:
    """``(sku to show, name)`` of each category, in the shop's order."""
    first: dict[str, str] = {}
    for item in _products():
        first.setdefault(item["category"], item["sku"])
    return [(first[slug], name) for slug, name in texts["categories"].items() if slug in first]


def _sizes(item: dict[str, Any]) -> list[str]:
    if item["category"] != "shoes":
        return []
    halves = [f"{size}.5" for size in SHOE_SIZES[:-1]] if item["sku"] in HALF_SIZES else []
    return sorted([*SHOE_SIZES, *halves], key=float)


urlpatterns = [
    path("", product_page, name="shop"),
    path("shop/<slug:sku>/", product_page, name="shop-product"),
]
