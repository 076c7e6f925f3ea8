"""No page holds a script or a style of its own: the policy would not run it, and needs no exception for it."""

import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import reverse

from apps.access.tests.factories import StaffFactory
from apps.common.security import HEADER, policy_for
from apps.inboxes.tests.factories import InboxFactory
from apps.routing.tests.factories import CalendarFactory, QueueFactory

pytestmark = pytest.mark.django_db
DATA = r'type="(?:application/json|text/template)"'
INLINE = re.compile(
    rf'<script(?![^>]*\bsrc=)(?![^>]*{DATA})[^>]*>|<style|<[^>]*\s(?:style|on[a-z]+)\s*=\s*["\'][^>]*'
)
PAGES = [
    "/",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/api/docs/",
    "/widget/?inbox=web",
    "/console/",
    "/nowhere/",
]


def inline_code(response):
    return INLINE.findall(re.sub(r"<!--.*?-->", "", response.content.decode(), flags=re.DOTALL))


@pytest.fixture
def root(client):
    client.force_login(StaffFactory(role="manager", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("page", ["<script>", "<style>", '<p style="a">', "<a onclick='b()'>"])
def test_the_pattern_finds_inline_code(page):
    assert INLINE.search(page)


@pytest.mark.parametrize("path", PAGES)
def test_our_pages_hold_none(root, path):
    InboxFactory(slug="web", allowed_origins=["*"])

    assert inline_code(root.get(path)) == []


def test_no_page_of_the_admin_holds_any(root):
    CalendarFactory(), QueueFactory(), InboxFactory()
    found = {}
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        urls = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        row = model._default_manager.first()
        urls += (
            [reverse(f"{name}_{kind}", args=[row.pk]) for kind in ("change", "history", "delete")]
            if row
            else []
        )
        for url in urls:
            response = root.get(url)
            if response.status_code == 200 and inline_code(response):
                found[url] = inline_code(response)

    assert found == {}


def test_no_policy_allows_inline_code():
    paths = ["/", *settings.CONTENT_SECURITY_POLICY_EXCEPTIONS]

    assert not [path for path in paths if "'unsafe-inline'" in str(policy_for(path))]


def test_only_the_admin_theme_may_evaluate(root):
    evaluating = [path for path in [*PAGES, "/admin/"] if "unsafe-eval" in root.get(path).headers[HEADER]]

    assert evaluating == ["/admin/"]
