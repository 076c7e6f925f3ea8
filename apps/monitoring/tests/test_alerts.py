from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.audit.services import record
from apps.audit.tests.tampering import sealed
from apps.common.errors import AccessDenied
from apps.customers.privacy.models import PurgeRun
from apps.monitoring import conditions
from apps.monitoring.enums import AlertKind, AlertNews
from apps.monitoring.events import AlertRaised, AlertResolved
from apps.monitoring.models import Alert, AlertRule, AlertWebhook
from apps.monitoring.services import acknowledge_alert, delete_alert_rule, save_alert_rule, sweep_alerts
from apps.monitoring.tests.factories import AlertFactory, AlertRuleFactory
from apps.notifications.models import OutgoingEmail
from apps.routing import services as routing
from apps.routing.tests.checks import heard, together
from apps.routing.tests.factories import (
    KIND,
    QueueFactory,
    StaffFactory,
    StepFactory,
    make_supervisor,
    put,
)
from apps.tickets.tests.factories import TicketFactory

NOW = timezone.now()

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_rules")]


def later(seconds):
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def queue():
    return QueueFactory(name="Shoes")


@pytest.fixture
def waiting(queue):
    """A rule for 120 s, and somebody who has waited that long."""
    AlertRuleFactory(threshold=120)
    return put(1, queue, now=NOW - timedelta(seconds=120))


def test_a_wait_raises_one_alert_and_keeps_it_up_to_date(waiting, queue):
    with heard(AlertRaised) as events:
        assert [sweep_alerts(now=NOW), sweep_alerts(now=later(10))] == [1, 0]

    alert = Alert.objects.get()
    assert (alert.queue, alert.key, alert.value, alert.worst) == (queue, f"queue:{queue.pk}", 130, 130)
    assert events == [AlertRaised(alert.pk, NOW)]


def test_below_the_limit_nothing_is_raised(waiting):
    assert sweep_alerts(now=NOW - timedelta(seconds=1)) == 0


def test_out_of_hours_nothing_is_raised(queue):
    AlertRuleFactory(threshold=60)
    put(1, queue, now=NOW - timedelta(hours=5), eligible_at=later(60))

    assert sweep_alerts(now=NOW) == 0


def test_an_alert_resolves_itself_once_all_has_been_calm(waiting):
    sweep_alerts(now=NOW)
    routing.leave_queue(KIND, 1, reason="gone", actor=SYSTEM)

    with heard(AlertResolved) as events:
        assert [sweep_alerts(now=later(29)), sweep_alerts(now=later(30))] == [0, 1]

    assert Alert.objects.get().resolved_at == later(30)
    assert len(events) == 1


def test_what_comes_back_within_the_calm_is_the_same_alert(waiting, queue):
    sweep_alerts(now=NOW)
    routing.leave_queue(KIND, 1, reason="gone", actor=SYSTEM)
    sweep_alerts(now=later(20))
    put(2, queue, now=NOW - timedelta(minutes=5))

    sweep_alerts(now=later(25))

    assert Alert.objects.get().seen_at == later(25)


def test_what_comes_back_later_is_a_new_alert(waiting, queue):
    sweep_alerts(now=NOW)
    routing.leave_queue(KIND, 1, reason="gone", actor=SYSTEM)
    sweep_alerts(now=later(60))
    put(2, queue, now=NOW - timedelta(minutes=5))

    sweep_alerts(now=later(70))

    assert Alert.objects.count() == 2


def test_a_rule_of_one_queue_looks_at_no_other(waiting):
    AlertRule.objects.update(queue=QueueFactory())

    assert sweep_alerts(now=NOW) == 0


def test_a_rule_that_is_switched_off_resolves_at_once(waiting):
    sweep_alerts(now=NOW)
    AlertRule.objects.update(is_active=False)

    sweep_alerts(now=later(1))

    assert not Alert.objects.open().exists()


def test_the_ladder_calls_supervisors_while_the_item_waits(queue):
    AlertRuleFactory(kind=AlertKind.OVERFLOW, threshold=1)
    StepFactory(queue=queue, trigger="wait", threshold=30, action="notify_supervisors")
    put(1, queue, now=NOW - timedelta(seconds=40))
    routing.sweep_overflow(now=NOW)

    sweep_alerts(now=NOW)

    assert (Alert.objects.get().queue, Alert.objects.get().value) == (queue, 1)


@pytest.mark.parametrize(("state", "raised"), [("ok", 0), ("paused", 0), ("warned", 1), ("breached", 1)])
def test_tickets_at_risk(queue, state, raised):
    AlertRuleFactory(kind=AlertKind.SLA_RISK, threshold=1)
    TicketFactory(queue=queue, sla_state=state)

    assert sweep_alerts(now=NOW) == raised


def test_fewer_tickets_than_the_limit_are_no_alert(queue):
    AlertRuleFactory(kind=AlertKind.SLA_RISK, threshold=2)
    TicketFactory(queue=queue, sla_state="warned")

    assert sweep_alerts(now=NOW) == 0


def mail(**fields):
    return OutgoingEmail.objects.create(
        dedupe="a",
        from_address="desk@b.example",
        to_address="a@b.example",
        subject="S",
        text="T",
        message_id="<1@b.example>",
        created_at=NOW,
        **{"due_at": NOW, **fields},
    )


def test_what_was_given_up_is_an_alert():
    AlertRuleFactory(kind=AlertKind.DEAD_LETTERS, threshold=1)
    mail(state="dead")

    sweep_alerts(now=NOW)

    alert = Alert.objects.get()
    assert (alert.key, alert.value, alert.queue) == ("mail", 1, None)


def test_work_that_no_worker_takes_is_an_alert():
    AlertRuleFactory(kind=AlertKind.STUCK_OUTBOX, threshold=300)
    mail(due_at=NOW - timedelta(seconds=301))

    sweep_alerts(now=NOW)

    assert (Alert.objects.get().key, Alert.objects.get().value) == ("mail", 301)


@pytest.mark.django_db(transaction=True)
def test_a_trail_that_nobody_seals_is_an_alert():
    AlertRuleFactory(kind=AlertKind.STUCK_OUTBOX, threshold=300)
    record(actor=SYSTEM, action="common:Test")
    late = timezone.now() + timedelta(seconds=301)

    sweep_alerts(now=late)
    assert Alert.objects.get().key == "audit_seals"

    sealed()
    sweep_alerts(now=late + timedelta(seconds=60))
    assert not Alert.objects.open().exists()


def test_a_purge_that_failed_is_an_alert_until_the_next_one_succeeds():
    AlertRuleFactory(kind=AlertKind.DEAD_LETTERS, threshold=1)
    moments = {"before": NOW, "started_at": NOW, "touched_at": NOW, "finished_at": NOW}
    PurgeRun.objects.create(kind="chat", state="done", **moments)
    PurgeRun.objects.create(kind="chat", state="failed", **moments)

    sweep_alerts(now=NOW)
    assert Alert.objects.get().key == "purges"

    PurgeRun.objects.create(kind="chat", state="done", **moments)
    sweep_alerts(now=later(60))
    assert not Alert.objects.open().exists()


def test_webhooks_are_rows_of_the_same_transaction(waiting, settings):
    settings.ALERT_WEBHOOK_URL = "https://hooks.example/desk"

    sweep_alerts(now=NOW)
    routing.leave_queue(KIND, 1, reason="gone", actor=SYSTEM)
    sweep_alerts(now=later(60))

    assert list(AlertWebhook.objects.order_by("pk").values_list("news", flat=True)) == [
        AlertNews.RAISED,
        AlertNews.RESOLVED,
    ]


@pytest.mark.parametrize(("url", "sends"), [("", True), ("https://hooks.example/", False)])
def test_without_an_address_or_a_wish_there_are_no_webhooks(waiting, settings, url, sends):
    settings.ALERT_WEBHOOK_URL = url
    AlertRule.objects.update(sends_webhook=sends)

    sweep_alerts(now=NOW)

    assert not AlertWebhook.objects.exists()


def test_one_broken_rule_stops_no_other(waiting, monkeypatch, caplog):
    broken = AlertRuleFactory(kind=AlertKind.DEAD_LETTERS)
    AlertRule.objects.filter(pk=broken.pk).update(threshold=2**31 - 1)

    def fail(rule, now):
        raise RuntimeError

    monkeypatch.setitem(conditions.LOOK, AlertKind.DEAD_LETTERS, fail)

    assert sweep_alerts(now=NOW) == 1
    assert f"Alert rule {broken.pk} could not be swept." in caplog.text


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_raise_one_alert():
    AlertRule.objects.all().delete()
    AlertRuleFactory(threshold=60)
    put(1, QueueFactory(), now=NOW - timedelta(minutes=5))

    outcomes = together(*[lambda: sweep_alerts(now=NOW)] * 3)

    assert sum(outcomes) == 1
    assert Alert.objects.count() == 1


def test_two_open_alerts_about_one_thing_are_impossible():
    alert = AlertFactory()

    with pytest.raises(IntegrityError):
        AlertFactory(rule=alert.rule, key=alert.key)


@pytest.mark.parametrize("rows", [1, 100])
def test_a_sweep_costs_the_same_with_more_rows(rows, django_assert_num_queries):
    AlertRuleFactory(threshold=600)
    for item in range(1, rows + 1):
        put(item, QueueFactory(), now=NOW)

    with django_assert_num_queries(6):
        sweep_alerts(now=NOW)


# Taking up


def test_a_supervisor_takes_an_alert_up(queue):
    supervisor, alert = make_supervisor(queue), AlertFactory(queue=queue)

    acknowledge_alert(alert, actor=supervisor, now=NOW)

    assert (alert.acknowledged_by, alert.acknowledged_at) == (supervisor, NOW)
    assert AuditEvent.objects.filter(action="monitoring:AcknowledgeAlert").count() == 1


def test_the_first_to_take_it_up_stays_named(queue):
    first, alert = make_supervisor(queue), AlertFactory(queue=queue)
    acknowledge_alert(alert, actor=first)

    acknowledge_alert(alert, actor=make_supervisor(queue))

    assert alert.acknowledged_by == first


@pytest.mark.parametrize(
    "stranger", [lambda: make_supervisor(QueueFactory()), lambda: StaffFactory(role="agent"), StaffFactory]
)
def test_strangers_take_nothing_up(queue, stranger):
    alert = AlertFactory(queue=queue)

    with pytest.raises(AccessDenied):
        acknowledge_alert(alert, actor=stranger())

    alert.refresh_from_db()
    assert alert.acknowledged_at is None
    assert not AuditEvent.objects.deeds().exists()


# Rules


def test_a_manager_sets_rules():
    manager = StaffFactory(role="manager")

    rule = save_alert_rule(AlertRuleFactory.build(name="Waits"), actor=manager, changed=["name"])
    delete_alert_rule(AlertRule.objects.get(pk=rule.pk), actor=manager)

    assert not AlertRule.objects.exists()
    assert AuditEvent.objects.filter(action="monitoring:ManageAlertRules").count() == 2


def test_a_supervisor_sets_no_rules(queue):
    rule = AlertRuleFactory()
    supervisor = make_supervisor(queue)

    with pytest.raises(AccessDenied):
        save_alert_rule(AlertRuleFactory.build(), actor=supervisor)
    with pytest.raises(AccessDenied):
        delete_alert_rule(rule, actor=supervisor)

    assert list(AlertRule.objects.all()) == [rule]
