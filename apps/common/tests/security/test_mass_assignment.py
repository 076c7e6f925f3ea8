"""Every serializer names its fields, and none that says whose a row is can be written (CVE-2026-72719)."""

import ast

import pytest
from django.urls import URLPattern, get_resolver
from rest_framework import serializers

from apps.common.tests.security.sources import programs

# Who somebody is, what they may do and what the desk itself counts is changed by services of its own.
NEVER = {
    "id", "pk", "public_id", "is_superuser", "password", "user_permissions", "groups", "last_login", "digest",
    "created_at", "updated_at", "version", "seq", "state", "requested_by", "decided_by", "actor", "hash",
}  # fmt: skip
# The version that somebody saw is what they say, not what they set.
SAID = {"version"}
# Handed to a service that hashes or encrypts it, and never read back.
HANDED_ON = {"UserSerializer": {"password"}, "MailboxSerializer": {"password"}}


def test_no_serializer_takes_all_fields():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in programs().items()
        if "/api/" in path
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") in ("fields", "exclude")
        and (getattr(node.value, "value", "") == "__all__" or getattr(node.targets[0], "id", "") == "exclude")
    ]

    assert found == []


def model_serializers(kind=serializers.ModelSerializer):
    for one in kind.__subclasses__():
        yield one
        yield from model_serializers(one)


def views(patterns=None):
    for pattern in patterns or get_resolver().url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.callback
        else:
            yield from views(pattern.url_patterns)


def test_what_the_desk_counts_is_never_written():
    assert list(views())  # loads every module of the API
    found = {}
    for kind in model_serializers():
        if not kind.__module__.startswith("apps.") or not hasattr(kind, "Meta"):
            continue
        writable = {name for name, field in kind().fields.items() if not field.read_only}
        taken = writable & (NEVER - SAID) - HANDED_ON.get(kind.__name__, set())
        if taken:
            found[f"{kind.__module__}.{kind.__name__}"] = taken

    assert found == {}


@pytest.mark.parametrize("name", ["id", "is_superuser", "password"])
def test_the_list_holds_what_matters(name):
    assert name in NEVER
