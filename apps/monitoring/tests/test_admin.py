import pytest
from django.urls import reverse

from apps.monitoring.enums import WebhookState
from apps.monitoring.models import Alert, AlertRule, AlertWebhook
from apps.monitoring.tests.factories import AlertFactory, AlertRuleFactory, WebhookFactory
from apps.routing.tests.factories import QueueFactory, StaffFactory

pytestmark = pytest.mark.django_db

MODELS = [AlertRule, Alert, AlertWebhook]


def address(model, page, *args):
    return reverse(f"admin:monitoring_{model._meta.model_name}_{page}", args=args)


def entered(client, role):
    client.force_login(StaffFactory(role=role, is_staff=True))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_page_opens(model, client):
    row = WebhookFactory(alert=AlertFactory(queue=QueueFactory()))
    page = {AlertRule: row.alert.rule, Alert: row.alert, AlertWebhook: row}[model]
    entered(client, "manager")

    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", page.pk)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_agents_see_none_of_it(model, client):
    assert entered(client, "agent").get(address(model, "changelist")).status_code == 403


def test_a_rule_is_changed_by_the_service(client):
    rule = AlertRuleFactory()
    form = {"name": "Waits", "kind": "queue_wait", "threshold": 60, "is_active": "on"}

    entered(client, "manager").post(address(AlertRule, "change", rule.pk), form)

    rule.refresh_from_db()
    assert (rule.name, rule.threshold, rule.sends_webhook) == ("Waits", 60, False)


def test_a_rule_is_deleted_by_the_service(client):
    rule = AlertRuleFactory()

    entered(client, "manager").post(address(AlertRule, "delete", rule.pk), {"post": "yes"})

    assert not AlertRule.objects.filter(pk=rule.pk).exists()


def test_a_dead_call_has_a_button(client):
    call = WebhookFactory(state=WebhookState.DEAD, attempts=10)

    entered(client, "manager").get(address(AlertWebhook, "replay", call.pk))

    call.refresh_from_db()
    assert call.state == WebhookState.PENDING
