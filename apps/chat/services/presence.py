"""Whether the customer is here: a lease, renewed by every sign of life."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.chat.enums import ChatStatus, Side
from apps.chat.models import ChatSession
from apps.chat.services.sessions import CUSTOMER_LEASE
from apps.chat.services.state import push_state

GRACE = timedelta(seconds=10)  # a reload is not a departure
FRESH = CUSTOMER_LEASE * 2 / 3  # a lease that runs so long is not renewed


@transaction.atomic
def touch_customers(session_pks: Collection[int], *, now: datetime | None = None) -> list[int]:
    """The customers of these chats gave a sign of life. Writes each at most every third of the lease.

    Waits for nobody: returns the chats that were left out, for somebody holds them.
    """
    now = now or timezone.now()
    fading = Q(customer_lease_until=None) | Q(customer_lease_until__lt=now + FRESH)
    rows = ChatSession.objects.filter(fading | Q(customer_online=False), pk__in=session_pks)
    due = list(rows.select_for_update(skip_locked=True).only("customer_online", "agent_id"))
    left_out = _others(rows, due)
    _write_lease(due, now + CUSTOMER_LEASE, customer_online=True)
    for session in due:
        if not session.customer_online:
            push_state(session, by=Side.CUSTOMER)
    return left_out


def touch_customer(session: ChatSession, *, now: datetime | None = None) -> None:
    """The same for one whose row was just read: mostly there is nothing to do."""
    now, until = now or timezone.now(), session.customer_lease_until
    if not session.customer_online or until is None or until < now + FRESH:
        touch_customers([session.pk], now=now)


@transaction.atomic
def customers_disconnected(session_pks: Collection[int], *, now: datetime | None = None) -> list[int]:
    """Their last sockets of a process closed: unless another renews the lease, it ends soon. Waits for nobody, and
    returns the chats that were left out.
    """
    soon = (now or timezone.now()) + GRACE
    rows = ChatSession.objects.filter(pk__in=session_pks, customer_lease_until__gt=soon)
    due = list(rows.select_for_update(skip_locked=True).only("pk"))
    left_out = _others(rows, due)
    _write_lease(due, soon)
    return left_out


def _others(rows: QuerySet[ChatSession], due: list[ChatSession]) -> list[int]:
    return list(rows.exclude(pk__in=[session.pk for session in due]).values_list("pk", flat=True))


def _write_lease(sessions: list[ChatSession], until: datetime, **more: bool) -> None:
    rows = ChatSession.objects.filter(pk__in=[session.pk for session in sessions])
    rows.update(customer_lease_until=until, **more)


def lapse_customer_leases(*, now: datetime | None = None) -> int:
    """Mark customers whose lease ran out as away, and show it to their agents. Safe to run twice."""
    now = now or timezone.now()
    lapsed = ChatSession.objects.filter(customer_online=True, customer_lease_until__lt=now)
    count = 0
    for session in lapsed.order_by("pk")[:1000]:
        if lapsed.filter(pk=session.pk).update(customer_online=False):
            count += 1
            if session.status != ChatStatus.CLOSED:
                push_state(session, by=Side.CUSTOMER)
    return count
