from dataclasses import dataclass

import pytest
from django.db import transaction

from apps.access.models import User
from apps.common import events
from apps.common.events import publish, subscribe


@dataclass(frozen=True)
class Happened:
    number: int


@pytest.fixture(autouse=True)
def _no_subscribers():
    yield
    events._atomic.pop(Happened, None)
    events._after_commit.pop(Happened, None)


@pytest.fixture
def heard():
    seen = []
    subscribe(Happened)(seen.append)
    return seen


def make_user(event):
    User.objects.create(username=f"user{event.number}")


def fail(event):
    raise RuntimeError("handler")


@pytest.mark.django_db(transaction=True)
def test_subscribers_hear_after_the_commit(heard):
    with transaction.atomic():
        publish(Happened(1))
        assert heard == []

    assert heard == [Happened(1)]


@pytest.mark.django_db(transaction=True)
def test_what_is_undone_did_not_happen(heard):
    with transaction.atomic():
        publish(Happened(1))
        transaction.set_rollback(True)

    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_atomic_rows_are_undone_with_the_publisher():
    subscribe(Happened, atomic=True)(make_user)

    with transaction.atomic():
        publish(Happened(1))
        assert User.objects.filter(username="user1").exists()
        transaction.set_rollback(True)

    assert not User.objects.filter(username="user1").exists()


@pytest.mark.django_db(transaction=True)
def test_an_atomic_subscriber_that_fails_undoes_the_publisher(heard):
    subscribe(Happened, atomic=True)(make_user)
    subscribe(Happened, atomic=True)(fail)

    with pytest.raises(RuntimeError, match="handler"), transaction.atomic():
        publish(Happened(1))

    assert not User.objects.filter(username="user1").exists()
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_that_fails_after_the_commit_harms_nobody(heard, caplog):
    first, later = [], []
    subscribe(Happened)(fail)
    subscribe(Happened)(later.append)

    with transaction.atomic():
        User.objects.create(username="kept")
        first.append(1)
        publish(Happened(1))

    assert heard == later == [Happened(1)]
    assert User.objects.filter(username="kept").exists()
    assert "handler" in caplog.text


def test_the_decorator_returns_the_function():
    assert subscribe(Happened)(fail) is fail
    assert subscribe(Happened, atomic=True)(fail) is fail


@pytest.mark.django_db(transaction=True)
def test_nobody_listening_is_no_error():
    publish(Happened(1))


@pytest.mark.django_db(transaction=True)
def test_events_come_in_their_order(heard):
    with transaction.atomic():
        for number in range(3):
            publish(Happened(number))

    assert [event.number for event in heard] == [0, 1, 2]
