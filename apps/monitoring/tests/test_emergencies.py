from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access import role_sessions
from apps.access.models import Role
from apps.access.tests.factories import RoleFactory, UserFactory
from apps.monitoring.enums import AlertKind
from apps.monitoring.events import AlertRaised
from apps.monitoring.models import Alert, AlertRule, AlertWebhook
from apps.monitoring.services import acknowledge_alert, delete_alert_rule, save_alert_rule, sweep_alerts
from apps.monitoring.services.rules import EmergencyRule
from apps.monitoring.words import words_of
from apps.notifications.models import OutgoingEmail
from apps.routing.tests.checks import heard

NOW = timezone.now()

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("only_emergencies")]


def later(**span):
    return NOW + timedelta(**span)


@pytest.fixture
def only_emergencies(db):
    AlertRule.objects.exclude(kind=AlertKind.BREAK_GLASS).delete()


@pytest.fixture
def manager():
    return UserFactory(role="manager", display_name="Mei", email="mei@shop.example")


@pytest.fixture
def breaking(manager):
    def assume(now=NOW):
        role = Role.objects.filter(is_break_glass=True).first() or RoleFactory(
            name="Rescue", is_break_glass=True
        )
        return role_sessions.assume_role(role, actor=manager, reason="Refunds run wild", now=now)

    return assume


def test_an_emergency_is_an_alert_in_the_same_breath(breaking, settings):
    settings.ALERT_WEBHOOK_URL = "https://hooks.example/desk"
    boss = UserFactory(role="manager", email="boss@shop.example", locale="zh-hans")
    UserFactory(role="manager", email="")
    UserFactory(role="agent", email="agent@shop.example")

    with heard(AlertRaised) as events:
        breaking()

    alert = Alert.objects.get()
    assert events == [AlertRaised(alert.pk, NOW)]
    assert words_of(alert) == "Emergency: Mei took on “Rescue”. Refunds run wild"
    assert AlertWebhook.objects.get().alert == alert
    assert set(OutgoingEmail.objects.values_list("to_address", flat=True)) == {boss.email, "mei@shop.example"}


def test_without_its_rule_it_is_an_alert_all_the_same(breaking):
    AlertRule.objects.all().delete()

    breaking()

    assert Alert.objects.open().get().rule.kind == AlertKind.BREAK_GLASS


def test_two_emergencies_are_two_alerts_and_mails_go_once(breaking):
    breaking()
    breaking(now=later(hours=1))
    sweep_alerts(now=later(hours=1, seconds=1))

    assert (Alert.objects.count(), OutgoingEmail.objects.count()) == (2, 2)


def test_it_stays_open_until_it_is_over_and_somebody_has_seen_it(breaking, manager):
    role_sessions.end_session(breaking(), actor=manager, now=later(minutes=1))
    sweep_alerts(now=later(hours=3))
    assert Alert.objects.open().exists()

    acknowledge_alert(Alert.objects.get(), actor=manager)
    sweep_alerts(now=later(hours=4))

    assert not Alert.objects.open().exists()


def test_what_is_seen_but_not_over_stays_open(breaking, manager):
    breaking()
    acknowledge_alert(Alert.objects.get(), actor=manager)

    sweep_alerts(now=later(minutes=59))

    assert Alert.objects.open().exists()


def test_nobody_switches_the_rule_off(manager):
    rule = AlertRule.objects.get(kind=AlertKind.BREAK_GLASS)

    for change in ({"is_active": False}, {"kind": AlertKind.OVERFLOW}):
        for name, value in change.items():
            setattr(rule, name, value)
        with pytest.raises(EmergencyRule):
            save_alert_rule(rule, actor=manager)
        rule.refresh_from_db()
    with pytest.raises(EmergencyRule):
        delete_alert_rule(rule, actor=manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        AlertRule.objects.filter(pk=rule.pk).update(is_active=False)

    assert AlertRule.objects.get(pk=rule.pk).is_active
