import pytest
from django.test import Client

from apps.eventbridge.models import InboundEvent
from apps.eventbridge.tests.factories import SECRET, EventSourceFactory, cloud_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bus():
    return EventSourceFactory(slug="bus", auth="bearer")


def status(query="", **headers):
    kind = "application/cloudevents+json"
    answer = Client().post(f"/api/v1/events/bus/{query}", cloud_event(), content_type=kind, headers=headers)
    return answer.status_code


def test_the_token_in_the_header():
    assert status(authorization=f"Bearer {SECRET}") == 202


def test_the_token_in_the_query():
    assert status(f"?access_token={SECRET}") == 202


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", f"Basic {SECRET}", f"Bearer {SECRET}x", SECRET, "Bearer é"]
)
def test_anything_else_is_refused(value):
    assert status(authorization=value) == 401
    assert not InboundEvent.objects.exists()


def test_no_token_at_all_is_refused():
    assert status() == 401
    assert status("?access_token=") == 401


def test_a_signature_is_no_token(bus):
    assert status(**{"webhook-signature": f"v1,{SECRET}"}) == 401
