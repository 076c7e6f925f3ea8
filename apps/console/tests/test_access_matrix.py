"""Every role at every resource of the API: nobody without a role sees a row, and a list shows what its rows open."""

import re

import pytest
from django.urls import URLPattern, get_resolver

from apps.access.tests.factories import UserFactory
from apps.console.tests.test_masking_leaks import World, signed_in
from apps.routing.tests.factories import QueueFactory, make_agent, make_supervisor

pytestmark = pytest.mark.django_db
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


def resources(patterns=None, before="/", found=None):
    """``{view: {"list": address, "retrieve": address with {}}}`` of the API."""
    found = {} if found is None else found
    for pattern in patterns or get_resolver().url_patterns:
        route = before + re.sub(r"^\^|\\Z$|\$$", "", str(pattern.pattern))
        if not isinstance(pattern, URLPattern):
            resources(pattern.url_patterns, route, found)
            continue
        name = (getattr(pattern.callback, "actions", None) or {}).get("get")
        if name in ("list", "retrieve") and "format" not in route:
            found.setdefault(pattern.callback.cls, {})[name] = PART.sub("{}", route)
    return {
        view: both for view, both in found.items() if len(both) == 2 and both["retrieve"].count("{}") == 1
    }


@pytest.fixture
def world():
    return World()


def somebody(name, world):
    """One of each kind of person there is."""
    makers = {
        "nobody": UserFactory,
        "agent of the queue": lambda: make_agent(world.queue),
        "agent of another queue": lambda: make_agent(QueueFactory()),
        "supervisor of another queue": lambda: make_supervisor(QueueFactory()),
        "superuser": lambda: UserFactory(is_superuser=True),
    }
    return makers.get(name, lambda: UserFactory(role=name))()


PEOPLE = [
    "nobody",
    "agent of the queue",
    "agent of another queue",
    "supervisor of another queue",
    "auditor",
    "superuser",
]


def listed(browser, address, key):
    """What a list names its rows by; None where the list is closed."""
    response = browser.get(address, {"page_size": 100})
    assert response.status_code in (200, 403), (address, response.status_code, response.content)
    if response.status_code == 403:
        return None
    body = response.json()
    return {str(row.get(key, row.get("id"))) for row in (body["results"] if isinstance(body, dict) else body)}


def opened(browser, address, names):
    """Those of ``names`` whose own address answers."""
    answers = {name: browser.get(address.format(name)).status_code for name in names}
    assert set(answers.values()) <= {200, 403, 404}, (address, answers)
    return {name for name, status in answers.items() if status == 200}


@pytest.mark.parametrize("person", PEOPLE)
def test_a_list_shows_what_its_rows_open(person, world):
    user = somebody(person, world)
    browser = signed_in(user)
    seen = {}
    for view, address in resources().items():
        if getattr(view, "queryset", None) is None:
            continue
        key = view.lookup_field if view.lookup_field != "pk" else "id"
        names = {
            str(name)
            for name in view.queryset.model._default_manager.values_list(view.lookup_field, flat=True)
        }
        rows = listed(browser, address["list"], key)
        seen[address["list"]] = rows or set()
        assert opened(browser, address["retrieve"], names) == (rows or set()), address["list"]

    if person == "nobody":
        assert {address for address, rows in seen.items() if rows} == set()
    if person == "superuser":
        assert sum(bool(rows) for rows in seen.values()) > 12, seen


def test_the_walk_reaches_the_resources_that_matter():
    lists = {address["list"] for address in resources().values()}

    assert {
        f"/api/v1/{name}/" for name in ("sessions", "tickets", "customers", "orders", "refunds", "queues")
    } <= lists
