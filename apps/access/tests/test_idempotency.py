import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from apps.access.idempotency import IdempotentCreates, forget_calls
from apps.access.models import IdempotentCall
from apps.access.tests.factories import UserFactory
from apps.knowledge.models import CannedReply

LIST = "/api/v1/canned-replies/"
BODY = {"shortcut": "hello", "title": "Hello", "body": "Hello, how can I help?", "lang": "en"}
db = pytest.mark.django_db


def client_of(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def create(client, key, **changes):
    return client.post(LIST, BODY | changes, headers={"Idempotency-Key": key})


@db
def test_the_same_call_has_one_effect_and_equal_answers():
    client = client_of(UserFactory(role="manager"))

    first, second = create(client, "k-1"), create(client, "k-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first
    assert second["Idempotent-Replayed"] == "true"
    assert CannedReply.objects.count() == 1


@db
def test_without_a_key_nothing_is_kept():
    client_of(UserFactory(role="manager")).post(LIST, BODY)

    assert not IdempotentCall.objects.exists()


@db
def test_another_body_under_the_same_key_is_refused():
    client = client_of(UserFactory(role="manager"))
    create(client, "k-1")

    response = create(client, "k-1", title="Hi")

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert CannedReply.objects.get().title == "Hello"


@db
def test_keys_of_two_people_are_two_keys():
    one, other = (client_of(UserFactory(role="manager")) for _ in range(2))

    create(one, "k-1")
    response = create(other, "k-1", shortcut="hi")

    assert response.status_code == 201
    assert CannedReply.objects.count() == 2


@db
def test_a_refusal_changes_nothing_and_may_be_tried_again():
    client = client_of(UserFactory(role="manager"))

    refused = create(client, "k-1", shortcut="")
    accepted = create(client, "k-1")

    assert (refused.status_code, accepted.status_code) == (400, 201)


@db
def test_a_denied_call_is_not_kept():
    response = create(client_of(UserFactory(role="agent")), "k-1")

    assert response.status_code == 403
    assert not IdempotentCall.objects.exists()


@db
def test_a_running_call_is_not_run_beside():
    user = UserFactory(role="manager")
    create(client_of(user), "k-1")
    IdempotentCall.objects.update(finished_at=None, status=None, body=None)

    response = create(client_of(user), "k-1")

    assert (response.status_code, response.json()["code"]) == (409, "call_in_progress")
    assert response["Retry-After"] == "2"


@db
def test_a_call_that_died_is_run_by_the_next():
    user = UserFactory(role="manager")
    create(client_of(user), "k-1")
    CannedReply.objects.all().delete()  # as its transaction would have been rolled back
    long_ago = timezone.now() - timedelta(seconds=61)
    IdempotentCall.objects.update(finished_at=None, status=None, body=None, started_at=long_ago)

    response = create(client_of(user), "k-1")

    assert response.status_code == 201
    assert CannedReply.objects.count() == 1


@db
@pytest.mark.parametrize("key", ["x" * 201, "line\x7f"])
def test_a_key_must_be_short_and_printable(key):
    response = create(client_of(UserFactory(role="manager")), key)

    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["fields"]


@db
def test_old_calls_are_forgotten():
    client = client_of(UserFactory(role="manager"))
    create(client, "old")
    create(client, "new", shortcut="hi")
    IdempotentCall.objects.filter(key="old").update(started_at=timezone.now() - timedelta(days=4))

    assert forget_calls() == 1
    assert IdempotentCall.objects.get().key == "new"


@pytest.mark.django_db(transaction=True)
def test_calls_at_the_same_time_have_one_effect():
    user = UserFactory(role="manager")
    answers, gate = [], threading.Barrier(8)

    def call():
        client = client_of(user)
        gate.wait()
        answers.append(create(client, "k-1"))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    statuses = sorted(answer.status_code for answer in answers)
    assert CannedReply.objects.count() == 1
    assert set(statuses) <= {201, 409}
    assert 201 in statuses


def creating_views(patterns=None):
    """Views of the API that create by ``POST`` on a list."""
    for pattern in patterns or get_resolver().url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from creating_views(pattern.url_patterns)
        elif (getattr(pattern.callback, "actions", None) or {}).get("post") == "create":
            yield pattern.callback.cls


def test_every_creating_call_takes_a_key():
    views = set(creating_views())

    assert len(views) >= 4
    assert not [view.__name__ for view in views if not issubclass(view, IdempotentCreates)]
