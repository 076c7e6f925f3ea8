import json

import pytest
from django.urls import reverse

from apps.access.enums import RoleSlug
from apps.access.services import actions_of
from apps.chat.tests.factories import make_agent
from apps.console import pages
from apps.routing.tests.factories import QueueFactory, StaffFactory

pytestmark = pytest.mark.django_db


def codes(user, **options) -> list[str]:
    return [place["code"] for place in pages.places_of(user, actions_of(user), **options)]


def test_places_are_those_whose_pages_exist(monkeypatch):
    built = {"console": "/console/", "console-tickets": "/console/tickets/"}
    monkeypatch.setattr(pages, "address_of", lambda name: built.get(name, ""))

    assert codes(make_agent(QueueFactory())) == ["chats", "tickets"]


def test_places_are_those_that_the_roles_allow():
    assert codes(StaffFactory()) == []
    assert codes(StaffFactory(is_superuser=True))[0] == "chats"


def test_places_tell_which_one_is_open():
    user = make_agent(QueueFactory())

    open_now = [
        place["code"]
        for place in pages.places_of(user, actions_of(user), current="chats")
        if place["current"]
    ]

    assert open_now == ["chats"]


def test_an_address_that_nobody_built_is_empty():
    assert pages.address_of("console-of-the-future") == ""


def test_the_frame_costs_two_queries(django_assert_num_queries):
    user = make_agent(QueueFactory())

    with django_assert_num_queries(2):
        shell = pages.shell_of(user, current="chats")

    json.dumps(shell["config"])
    assert shell["config"]["urls"]["console"] == reverse("console")


def test_the_administration_is_linked_for_those_who_may_enter_it():
    assert pages.shell_of(StaffFactory(role=RoleSlug.MANAGER))["may"]["admin"]
    assert not pages.shell_of(make_agent(QueueFactory()))["may"]["admin"]


def test_done_tells_the_page_what_to_say_and_what_to_load_again():
    response = pages.done(say="Erstattet ¥1", refresh=["refunds"], go="/console/")

    told = json.loads(response["HX-Trigger"])["desk:done"]
    assert response.status_code == 204
    assert told == {"say": "Erstattet ¥1", "refresh": ["refunds"], "go": "/console/"}
