"""Whether the customer is here: a lease, renewed by every sign of life."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from apps.chat.enums import ChatStatus
from apps.chat.models import ChatSession
from apps.chat.services.sessions import CUSTOMER_LEASE
from apps.chat.services.state import push_state

GRACE = timedelta(seconds=10)  # a reload is not a departure


def touch_customer(session: ChatSession, *, now: datetime | None = None) -> None:
    """The customer gave a sign of life. Writes at most every third of the lease."""
    now = now or timezone.now()
    stale = Q(customer_lease_until=None) | Q(customer_lease_until__lt=now + CUSTOMER_LEASE * 2 / 3)
    rows = ChatSession.objects.filter(stale | Q(customer_online=False), pk=session.pk)
    came_back = not session.customer_online
    if rows.update(customer_online=True, customer_lease_until=now + CUSTOMER_LEASE) and came_back:
        push_state(session)


def customer_disconnected(session: ChatSession, *, now: datetime | None = None) -> None:
    """The last socket of a process closed: unless another renews the lease, it ends soon."""
    soon = (now or timezone.now()) + GRACE
    ChatSession.objects.filter(pk=session.pk, customer_lease_until__gt=soon).update(customer_lease_until=soon)


def lapse_customer_leases(*, now: datetime | None = None) -> int:
    """Mark customers whose lease ran out as away, and show it to their agents. Safe to run twice."""
    now = now or timezone.now()
    lapsed = ChatSession.objects.filter(customer_online=True, customer_lease_until__lt=now)
    count = 0
    for session in lapsed.order_by("pk")[:1000]:
        if lapsed.filter(pk=session.pk).update(customer_online=False):
            count += 1
            if session.status != ChatStatus.CLOSED:
                push_state(session)
    return count
