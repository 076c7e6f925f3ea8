from datetime import timedelta

import pytest
from django.utils import timezone

from apps.access import reveals
from apps.access.tests.factories import StaffFactory, VendorFactory
from apps.customers.tests.factories import CustomerFactory
from apps.monitoring.models import Alert
from apps.monitoring.services import sweep_alerts
from apps.monitoring.words import words_of

pytestmark = pytest.mark.django_db


def test_a_spent_budget_of_uncovering_is_an_alert_at_once_and_for_an_hour():
    now = timezone.now()
    agent = StaffFactory(role="agent", vendor=VendorFactory(reveals_per_hour=2), display_name="Bo")
    first, second = CustomerFactory(phone="13987651234"), CustomerFactory(phone="13987651235")

    reveals.reveal(first, "phone", actor=agent, reason="The courier asks", now=now)
    assert not Alert.objects.filter(rule__kind="reveals").exists()
    reveals.reveal(second, "phone", actor=agent, reason="The courier asks", now=now)

    alert = Alert.objects.select_related("rule", "queue").get(rule__kind="reveals")
    assert words_of(alert) == "Bo has uncovered 2 masked fields within an hour"
    sweep_alerts(now=now + timedelta(minutes=61))
    alert.refresh_from_db()
    assert alert.resolved_at is not None
