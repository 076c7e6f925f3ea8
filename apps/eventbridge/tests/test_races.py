from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test import Client

from apps.eventbridge.models import EventSource, InboundEvent
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


def test_a_batch_waits_for_another_that_may_overlap_and_a_single_event_does_not():
    shop = EventSourceFactory(slug="shop")
    batch = [cloud_event(id="a"), cloud_event(id="b")]

    def deliver(body):
        body = encoded(body)
        headers = signed(body)
        try:
            return Client().post(
                "/api/v1/events/shop/", body, content_type=headers["content-type"], headers=headers
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            EventSource.objects.select_for_update(no_key=True).get(pk=shop.pk)
            assert pool.submit(deliver, cloud_event(id="c")).result(20).status_code == 202
            waiting = pool.submit(deliver, batch)
            with pytest.raises(TimeoutError):
                waiting.result(1)
        assert waiting.result(20).json() == {"accepted": 2, "duplicates": 0}
