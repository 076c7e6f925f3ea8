from collections import Counter

import pytest

from apps.console.demo import loading, orders, refunds
from apps.refunds.models import LedgerEntry, Refund, RefundLimit

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.ORDER_SOURCE = {"url": "", "key_id": "", "secret": ""}
    loading.load_desk()
    loading.load_people()
    orders.load_orders()


def test_the_demo_has_refunds_in_all_states_once(demo):
    first, second = refunds.load_refunds(), refunds.load_refunds()

    states = Counter(Refund.objects.values_list("state", flat=True))
    assert first == second == sum(states.values()) >= 12
    assert states["requested"] >= 3
    assert {"approved", "succeeded", "failed", "rejected", "cancelled"} <= set(states)
    assert LedgerEntry.objects.count() == states["succeeded"]
    assert RefundLimit.objects.count() == 12
