from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access.tests.factories import StaffFactory
from apps.common.errors import AccessDenied, RateLimited
from apps.orders.services import refresh_parcel
from apps.orders.tests.factories import ShipmentFactory
from apps.orders.tests.parcels import reloaded

pytestmark = pytest.mark.django_db


def test_an_agent_may_ask_for_news():
    parcel = ShipmentFactory()

    refresh_parcel(parcel, actor=StaffFactory(role="agent"))

    assert reloaded(parcel).next_poll_at <= timezone.now()


def test_news_of_a_moment_ago_have_to_do():
    parcel = ShipmentFactory(polled_at=timezone.now() - timedelta(minutes=10))

    with pytest.raises(RateLimited) as refusal:
        refresh_parcel(parcel, actor=StaffFactory(role="agent"))

    assert 1190 <= refusal.value.extra["retry_after"] <= 1201
    assert reloaded(parcel).next_poll_at is None


def test_who_may_not_ask_changes_nothing():
    parcel = ShipmentFactory()

    with pytest.raises(AccessDenied):
        refresh_parcel(parcel, actor=StaffFactory(role="auditor"))

    assert reloaded(parcel).next_poll_at is None
