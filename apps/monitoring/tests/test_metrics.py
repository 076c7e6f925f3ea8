import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.chat.tests.factories import ChatSessionFactory
from apps.monitoring.exposition import forget_dead_processes
from apps.refunds.tests.factories import RefundFactory, paid_order
from apps.routing.tests.factories import QueueFactory
from apps.tickets.tests.factories import TicketFactory

pytestmark = pytest.mark.django_db
TOKEN = "s" * 40


def scrape(**options):
    return Client().get("/metrics", **options)


def samples(name, **options):
    families = text_string_to_metric_families(scrape(**options).content.decode())
    return {
        tuple(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


def test_this_machine_may_read_them():
    response = scrape(REMOTE_ADDR="127.0.0.1")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("address", ["10.0.0.7", "203.0.113.5", ""])
def test_others_may_not_without_a_token(address):
    response = scrape(REMOTE_ADDR=address)

    assert response.status_code == 401
    assert b"helpdesk_" not in response.content


@pytest.mark.parametrize(
    ("header", "status"), [(f"Bearer {TOKEN}", 200), ("Bearer wrong", 401), (None, 401), ("Bearer é", 401)]
)
def test_with_a_token_only_the_token_counts(settings, header, status):
    settings.METRICS_TOKEN = TOKEN

    response = scrape(REMOTE_ADDR="127.0.0.1", headers={"Authorization": header} if header else {})

    assert response.status_code == status


def test_requests_are_counted_by_route():
    def count():
        return samples("helpdesk_http_requests_total").get(("GET", "api/v1/me/", "401"), 0)

    before = count()
    Client().get("/api/v1/me/")

    assert count() == before + 1


def test_queues_show_even_when_empty():
    queue = QueueFactory(slug="shoes")

    assert samples("helpdesk_queue_waiting")[(queue.slug,)] == 0


def test_chats_are_counted_by_status():
    ChatSessionFactory()

    assert sum(samples("helpdesk_chats").values()) == 1


def test_tickets_are_counted_by_age():
    for days in (0, 2, 2, 5, 9):
        TicketFactory(created_at=timezone.now() - timedelta(days=days))

    assert samples("helpdesk_tickets_age") == {("0-1",): 1, ("1-3",): 2, ("3-7",): 1, ("7+",): 1}
    assert samples("helpdesk_tickets_oldest_seconds")[()] == pytest.approx(9 * 86400, abs=600)


def test_refunds_in_doubt_for_long_are_told_apart():
    for minutes in (5, 65):
        since = timezone.now() - timedelta(minutes=minutes)
        RefundFactory(order=paid_order(customer=None), state="unknown", unknown_since=since)

    assert samples("helpdesk_refunds_unknown") == {(): 2}
    assert samples("helpdesk_refunds_unknown_over_hour") == {(): 1}


def test_every_outbox_is_watched():
    assert {name for (name,) in samples("helpdesk_outbox_waiting")} >= {
        "notifications",
        "mail",
        "events",
        "refunds",
    }


def test_more_rows_cost_no_more_queries():
    counts = []
    for more in (1, 99):
        QueueFactory.create_batch(more)
        ChatSessionFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            scrape()
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_crashed_process_has_no_sockets(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    stale, other = tmp_path / f"gauge_livesum_{ended.pid}.db", tmp_path / f"counter_{ended.pid}.db"
    stale.touch()
    other.touch()

    forget_dead_processes(tmp_path)

    assert (stale.exists(), other.exists()) == (False, True)
