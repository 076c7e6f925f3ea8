"""What Prometheus reads: the counters of this machine's processes and the figures of the desk from the database."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
from django.db.models import Count
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.chat.models import ChatSession
from apps.monitoring.backlogs import backlogs
from apps.monitoring.work import backlog_of, unknown_too_long
from apps.refunds.enums import RefundState
from apps.refunds.models import Refund
from apps.routing.models import AgentSeat, Queue
from apps.routing.selectors import queue_board
from apps.tickets.models import Ticket

SHARED = "PROMETHEUS_MULTIPROC_DIR"


def exposition() -> bytes:
    """The page in Prometheus' text format; a constant number of queries."""
    registry = CollectorRegistry(auto_describe=True)
    if os.environ.get(SHARED):
        forget_dead_processes(Path(os.environ[SHARED]))
        multiprocess.MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(DeskCollector())
    return generate_latest(registry)


def forget_dead_processes(folder: Path) -> None:
    """A process that crashed with open sockets has none any more."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            file.unlink(missing_ok=True)


class DeskCollector(Collector):
    """Figures that only the database knows; the same from whichever process they are asked."""

    def collect(self) -> Iterator[Metric]:
        yield from _queues()
        yield from _backlogs()
        yield _by("helpdesk_agents", "Agents by presence.", "state", _agents())
        yield _by("helpdesk_chats", "Chats that are not closed.", "status", _chats())
        yield from _ages()
        yield from _refunds()
        yield _by("helpdesk_tickets_sla", "Live tickets by the state of their clocks.", "state", _tickets())

    def describe(self) -> Iterable[Metric]:
        return []  # registering asks for names only; the database need not be there yet


def _queues() -> Iterator[Metric]:
    waiting = GaugeMetricFamily("helpdesk_queue_waiting", "Work that waits.", labels=["queue"])
    oldest = GaugeMetricFamily("helpdesk_queue_oldest_wait_seconds", "Longest wait now.", labels=["queue"])
    online = GaugeMetricFamily("helpdesk_queue_agents_online", "Agents who serve it now.", labels=["queue"])
    free = GaugeMetricFamily("helpdesk_queue_free_units", "Units of work they can take.", labels=["queue"])
    for row in queue_board(None, now=timezone.now(), queues=Queue.objects.all()):  # type: ignore[arg-type]
        name = [row.queue.slug]
        waiting.add_metric(name, row.waiting)
        oldest.add_metric(name, row.longest_wait_s)
        online.add_metric(name, row.agents_online)
        free.add_metric(name, row.seats_free)
    yield from (waiting, oldest, online, free)


def _backlogs() -> Iterator[Metric]:
    waiting = GaugeMetricFamily("helpdesk_outbox_waiting", "Rows that wait for a worker.", labels=["outbox"])
    overdue = GaugeMetricFamily(
        "helpdesk_outbox_overdue_seconds", "How late the oldest is.", labels=["outbox"]
    )
    dead = GaugeMetricFamily("helpdesk_outbox_dead", "Rows given up.", labels=["outbox"])
    for row in backlogs(timezone.now()):
        waiting.add_metric([row.name], row.waiting)
        overdue.add_metric([row.name], row.overdue_s)
        dead.add_metric([row.name], row.dead)
    yield from (waiting, overdue, dead)


def _ages() -> Iterator[Metric]:
    backlog = backlog_of(Ticket.objects.all(), now=timezone.now())
    ages = GaugeMetricFamily("helpdesk_tickets_age", "Live tickets by their age in days.", labels=["days"])
    for days, count in zip(("0-1", "1-3", "3-7", "7+"), backlog.by_age, strict=True):
        ages.add_metric([days], count)
    oldest = GaugeMetricFamily("helpdesk_tickets_oldest_seconds", "Age of the oldest live ticket.")
    oldest.add_metric([], max(backlog.oldest_s or 0.0, 0.0))
    yield from (ages, oldest)


def _refunds() -> Iterator[Metric]:
    found = Refund.objects.filter(state=RefundState.UNKNOWN).aggregate(
        late=Count("pk", filter=unknown_too_long(timezone.now())), all=Count("pk")
    )
    unknown = GaugeMetricFamily("helpdesk_refunds_unknown", "Refunds whose outcome is unknown now.")
    unknown.add_metric([], found["all"])
    late = GaugeMetricFamily("helpdesk_refunds_unknown_over_hour", "Of these, for more than an hour.")
    late.add_metric([], found["late"])
    yield from (unknown, late)


def _by(name: str, words: str, label: str, counts: Counter[str]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _agents() -> Counter[str]:
    here = AgentSeat.objects.filter(lease_until__gt=timezone.now(), user__is_active=True)
    return Counter(dict(here.values_list("intent").annotate(count=Count("pk")).order_by()))


def _chats() -> Counter[str]:
    rows = ChatSession.objects.live().values_list("status").annotate(count=Count("pk")).order_by()
    return Counter(dict(rows))


def _tickets() -> Counter[str]:
    rows = Ticket.objects.live().values_list("sla_state").annotate(count=Count("pk")).order_by()
    return Counter(dict(rows))
