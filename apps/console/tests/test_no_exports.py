"""Whoever sees masks takes no file away: every address that gives one refuses a partner's person."""

import re
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from apps.access.tests.factories import UserFactory, VendorFactory
from apps.chat.tests.factories import CustomerFactory, active_session, customer_says
from apps.common.api.pagination import KeysetPagination
from apps.customers.models import CustomerExport
from apps.knowledge.tests.factories import FaqFactory
from apps.tickets.tests.factories import opened

pytestmark = pytest.mark.django_db

GIVES_FILES = re.compile(r"export|transcript|download|archive|csv|jsonl")
PART = re.compile(r"<(?:\w+:)?(?P<a>\w+)>|\(\?P<(?P<b>\w+)>(?:[^()]|\([^()]*\))*\)")
FILE_TYPES = ("text/csv", "application/x-ndjson", "application/zip", "application/octet-stream")
PHONE = "13987651234"


def routes(patterns=None, before=""):
    for pattern in patterns or get_resolver().url_patterns:
        route = before + re.sub(r"^\^|\\Z$|\$$", "", str(pattern.pattern))
        if not isinstance(pattern, URLPattern):
            yield from routes(pattern.url_patterns, route)
        elif GIVES_FILES.search(route) and "format" not in route:
            yield route


@pytest.fixture
def names():
    """What the parts of an address are called, by what stands before them."""
    customer = CustomerFactory(name="Jane Doe", phone=PHONE)
    session = active_session(customer=customer)
    customer_says(session, f"I am Jane Doe, {PHONE}")
    opened(customer=customer, subject=PHONE)
    FaqFactory()
    now = timezone.now()
    export = CustomerExport(
        customer=customer, language="en", state="ready", requested_by=session.agent, requested_at=now,
        ready_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    export.file.save("x", ContentFile(PHONE.encode()), save=True)
    return {
        "customers": customer.public_id,
        "customer-exports": export.public_id,
        "exports": export.public_id,
        "chats": session.public_id,
        "export": "csv",
        "customerexport": str(export.pk),
    }


def address_of(route, names):
    """The address with a name for each of its parts; empty for one that nothing here is called by."""
    for found in reversed(list(PART.finditer(route))):
        before = route[: found.start()].rstrip("/").rpartition("/")[2]
        route = route[: found.start()] + names.get(before, "1") + route[found.end() :]
    return "/" + route.replace("\\.", ".").removesuffix("?")


def signed_in(**fields):
    browser = Client(raise_request_exception=False)
    browser.force_login(UserFactory(is_superuser=True, is_staff=True, **fields))
    return browser


def answers(browser, names):
    for route in sorted(set(routes())):
        address = address_of(route, names)
        for response in (
            browser.get(address),
            browser.get(address, {"file": "csv"}, headers={"Accept": "text/csv, */*"}),
            browser.post(address, {"confirm": names["customers"]}, content_type="application/json"),
            browser.post(address, {"confirm": names["customers"]}),
        ):
            yield address, response
            b"".join(response.streaming_content if response.streaming else [])  # closes the file


def is_file(response):
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    return response.status_code == 200 and (
        kind in FILE_TYPES or "attachment" in response.headers.get("Content-Disposition", "")
    )


def test_no_address_gives_a_partners_person_a_file(names):
    partners, given = signed_in(vendor=VendorFactory()), []
    for address, response in answers(partners, names):
        assert response.status_code < 500, address
        if is_file(response):
            given.append(address)
        elif response.status_code == 200:
            assert PHONE not in response.content.decode(), address
    asked_for = CustomerExport.objects.exclude(state="ready").count()
    taken = {address for address, response in answers(signed_in(), names) if is_file(response)}

    assert (given, asked_for) == ([], 0)
    assert CustomerExport.objects.exclude(state="ready").exists()  # by the desk's own person
    assert taken >= {
        "/api/v1/audit-events/export/",
        f"/api/v1/customer-exports/{names['exports']}/download/",
        "/admin/audit/auditevent/export/csv/",
    }, taken


def test_lists_are_no_exports_by_another_name(names, monkeypatch):
    """No list is given as a file to those who ask for one, nor more of it than a page."""
    monkeypatch.setattr(KeysetPagination, "page_size", 1)
    monkeypatch.setattr(KeysetPagination, "max_page_size", 1)
    opened(customer=CustomerFactory())
    partners, lengths = signed_in(vendor=VendorFactory()), {}
    for name in ("tickets", "customers", "audit-events", "sessions", "orders"):
        for query in ("?format=csv", "?page_size=100000", "?limit=100000"):
            response = partners.get(f"/api/v1/{name}/{query}", headers={"Accept": "text/csv, */*;q=0.1"})
            assert not is_file(response), name
            if response.status_code == 200:
                lengths[name, query] = len(response.json().get("results", []))
                assert PHONE not in response.content.decode()
    assert lengths["tickets", "?page_size=100000"] == lengths["customers", "?page_size=100000"] == 1
    assert set(lengths.values()) <= {0, 1}
