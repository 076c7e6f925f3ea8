from collections import Counter
from datetime import UTC, datetime

import pytest

from apps.console.demo import loading, tickets
from apps.tickets.models import SlaPolicy, Ticket, TicketView

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # in Shanghai


@pytest.fixture
def _desk(db):
    loading.load_desk()
    loading.load_people()


@pytest.mark.usefixtures("_desk")
def test_the_demo_has_tickets_in_every_state_and_language():
    assert tickets.load_tickets(now=NOON) == 25

    rows = Ticket.objects.all()
    assert set(rows.values_list("status", flat=True)) == {
        "new",
        "open",
        "pending",
        "on_hold",
        "solved",
        "closed",
    }
    assert set(rows.values_list("sla_state", flat=True)) >= {"none", "ok", "paused"}
    languages = Counter(rows.values_list("locale", flat=True))
    assert min(languages["en"], languages["zh-hans"]) >= 10
    assert rows.filter(created_at__gt=NOON).count() == 0


@pytest.mark.usefixtures("_desk")
def test_loading_it_again_changes_nothing():
    tickets.load_tickets(now=NOON)
    before = list(Ticket.objects.order_by("pk").values_list("number", "version", "last_seq"))

    assert tickets.load_tickets() == 0

    assert list(Ticket.objects.order_by("pk").values_list("number", "version", "last_seq")) == before
    assert (SlaPolicy.objects.count(), TicketView.objects.filter(owner=None).count()) == (2, 3)
