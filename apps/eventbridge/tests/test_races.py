from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from apps.eventbridge.models import InboundEvent
from apps.eventbridge.services import drain
from apps.eventbridge.tests.factories import (
    EventSourceFactory,
    InboundEventFactory,
    cloud_event,
    encoded,
    signed,
)

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20


def at_once(call):
    """Results of ``call(n)`` from ``THREADS`` threads that start together."""
    barrier = Barrier(THREADS)

    def run(number):
        try:
            barrier.wait(30)
            return call(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_an_event_that_comes_20_times_at_once_is_one_row_and_worked_on_once(handler):
    shipped = handler("shop.order.*")
    EventSourceFactory(slug="shop")
    body = encoded(cloud_event())

    def deliver(number):
        headers = signed(body, message_id=f"msg-{number}")
        kind = headers["content-type"]
        answer = Client().post("/api/v1/events/shop/", body, content_type=kind, headers=headers)
        drain()
        return answer.status_code, answer.json()["accepted"]

    answers = at_once(deliver)

    assert sorted(answers) == [(202, 0)] * 19 + [(202, 1)]
    assert InboundEvent.objects.get().state == "processed"
    assert len(shipped.got) == 1


def test_20_workers_work_on_each_event_once_and_on_a_subject_in_order(handler):
    shipped, shop = handler("shop.order.*"), EventSourceFactory()
    for number in range(60):
        InboundEventFactory(source=shop, subject=f"O-{number % 3}", event_id=f"{number:02}")

    at_once(lambda number: drain())
    drain()

    assert len(shipped.got) == 60
    for subject in ("O-0", "O-1", "O-2"):
        ids = [event.event_id for event in shipped.got if event.subject == subject]
        assert ids == sorted(ids)


def test_batches_that_overlap_never_wait_for_each_other_in_a_circle():
    EventSourceFactory(slug="shop")
    events = [cloud_event(id=f"e-{number:03}") for number in range(200)]

    def deliver(number):
        body = encoded(events if number % 2 else events[::-1])
        headers = signed(body, message_id=f"msg-{number}")
        return Client().post(
            "/api/v1/events/shop/", body, content_type=headers["content-type"], headers=headers
        )

    answers = at_once(deliver)

    assert {answer.status_code for answer in answers} == {202}
    assert sum(answer.json()["accepted"] for answer in answers) == 200
    assert InboundEvent.objects.count() == 200
