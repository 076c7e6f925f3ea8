"""What a manager can do on the pages of the admin, a program can do through the API."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import get_resolver

from apps.access.tests.factories import UserFactory
from apps.console.admin_site import MENU

pytestmark = pytest.mark.django_db
WRITES = {"post", "put", "patch", "delete"}
BUTTONS = ("actions", "actions_list", "actions_row", "actions_detail", "actions_submit_line")
# Written by way of another resource.
ELSEWHERE = {
    "notifications.NotificationDelivery": "with its notification: /notifications/{id}/replay/",
}


def editable_pages(request):
    """Models of the menu whose page lets somebody with every permission change a row or press a button."""
    for _group, entries in MENU:
        for entry in entries:
            if entry.model and is_editable(admin.site._registry[apps.get_model(entry.model)], request):
                yield entry.model


def is_editable(page, request):
    asked = (page.has_add_permission, page.has_change_permission, page.has_delete_permission)
    return any(may(request) for may in asked) or any(getattr(page, name, None) for name in BUTTONS)


def written_models(patterns=None):
    """Models that a resource of the API writes."""
    for pattern in patterns or get_resolver().url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from written_models(pattern.url_patterns)
            continue
        view = getattr(pattern.callback, "cls", None)
        methods = set(getattr(pattern.callback, "actions", None) or ())
        rows = getattr(view, "queryset", None)
        if rows is not None and methods & WRITES:
            yield rows.model._meta.label


def test_what_managers_change_programs_can_change(rf):
    request = rf.get("/admin/")
    request.user = UserFactory(is_superuser=True, is_staff=True)

    missing = set(editable_pages(request)) - set(written_models()) - ELSEWHERE.keys()

    assert missing == set()


def test_the_exceptions_are_pages_that_one_can_change(rf):
    request = rf.get("/admin/")
    request.user = UserFactory(is_superuser=True, is_staff=True)

    assert ELSEWHERE.keys() <= set(editable_pages(request))


def test_the_test_sees_pages_and_resources(rf):
    request = rf.get("/admin/")
    request.user = UserFactory(is_superuser=True, is_staff=True)

    assert {"routing.Queue", "knowledge.Faq", "access.ApiToken"} <= set(editable_pages(request))
    assert "audit.AuditEvent" not in set(editable_pages(request))
    assert {"knowledge.Faq", "refunds.RefundLimit"} <= set(written_models())
    assert "audit.AuditEvent" not in set(written_models())
