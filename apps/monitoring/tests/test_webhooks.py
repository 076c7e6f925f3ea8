import base64
import hashlib
import hmac
import json
from datetime import timedelta
from threading import Thread

import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.common.errors import AccessDenied
from apps.common.sandbox import Reply, Sandbox, server_for
from apps.monitoring.enums import AlertNews, WebhookState
from apps.monitoring.services import deliver_webhooks, replay_webhook
from apps.monitoring.tests.factories import AlertFactory, WebhookFactory
from apps.routing.tests.factories import QueueFactory, StaffFactory

pytestmark = pytest.mark.django_db

KEY = b"k" * 32
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


class Receiver(Sandbox):
    """Somebody's endpoint: remembers what came, answers as told."""

    def __init__(self):
        super().__init__()
        self.got, self.status = [], 204
        self.route("POST", "/hook", self.take)

    def take(self, call):
        self.got.append(call)
        return Reply(self.status)


@pytest.fixture
def receiver(settings):
    cache.clear()
    receiver = Receiver()
    server = server_for(receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.ALERT_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/hook"
    settings.ALERT_WEBHOOK_SECRET = SECRET
    yield receiver
    server.shutdown()
    server.server_close()


def test_a_call_is_signed_as_standard_webhooks_say(receiver):
    call = WebhookFactory(alert=AlertFactory(queue=QueueFactory(slug="shoes", name="Shoes")))

    assert deliver_webhooks() == 1

    got = receiver.got[0]
    headers = got.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == call.message_id
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 5


def test_the_body_says_what_and_where(receiver):
    call = WebhookFactory(alert=AlertFactory(queue=QueueFactory(slug="shoes", name="Shoes"), value=130))

    deliver_webhooks()

    body = json.loads(receiver.got[0].body)
    assert (body["type"], body["data"]["id"]) == ("alert.raised", call.alert.public_id)
    assert (body["data"]["queue"], body["data"]["value"], body["data"]["threshold"]) == ("shoes", 130, 120)
    assert body["data"]["text"] == "Shoes: somebody has waited for 2 minutes"


def test_a_call_goes_out_once(receiver):
    call = WebhookFactory()

    assert [deliver_webhooks(), deliver_webhooks()] == [1, 0]

    call.refresh_from_db()
    assert (call.state, call.attempts, len(receiver.got)) == (WebhookState.SENT, 1, 1)


def test_a_refusal_is_tried_again_later_with_the_same_id(receiver):
    receiver.status = 500
    call, began = WebhookFactory(), timezone.now()

    deliver_webhooks()

    call.refresh_from_db()
    assert (call.state, call.attempts, call.error) == (WebhookState.PENDING, 1, "HTTP 500")
    assert call.due_at >= began
    receiver.status = 200
    assert deliver_webhooks(now=timezone.now() + timedelta(hours=1)) == 1
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


def test_the_tenth_failure_is_the_last(receiver):
    receiver.status = 400
    call = WebhookFactory(attempts=9)

    deliver_webhooks()

    call.refresh_from_db()
    assert (call.state, call.error) == (WebhookState.DEAD, "HTTP 400")


def test_nobody_there_is_tried_again(settings):
    cache.clear()
    settings.ALERT_WEBHOOK_URL = "http://127.0.0.1:9/"
    call = WebhookFactory()

    assert deliver_webhooks() == 0

    call.refresh_from_db()
    assert call.state == WebhookState.PENDING
    assert "did not answer" in call.error


def test_without_an_address_a_call_is_given_up(settings):
    settings.ALERT_WEBHOOK_URL = ""
    call = WebhookFactory()

    deliver_webhooks()

    call.refresh_from_db()
    assert call.state == WebhookState.DEAD


def test_what_a_dead_worker_had_comes_back_after_its_lease(receiver):
    now = timezone.now()
    WebhookFactory(attempts=1, due_at=now + timedelta(seconds=60), locked_until=now + timedelta(seconds=60))

    assert deliver_webhooks(now=now) == 0
    assert deliver_webhooks(now=now + timedelta(seconds=61)) == 1


def test_without_a_secret_it_is_not_signed(receiver, settings):
    settings.ALERT_WEBHOOK_SECRET = ""
    WebhookFactory()

    deliver_webhooks()

    assert "webhook-signature" not in receiver.got[0].headers


def test_a_plain_secret_is_the_key(receiver, settings):
    settings.ALERT_WEBHOOK_SECRET = "plain"
    WebhookFactory(news=AlertNews.RESOLVED)

    deliver_webhooks()

    got = receiver.got[0]
    headers = got.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.new(b"plain", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_a_manager_tries_a_dead_call_again(receiver):
    call = WebhookFactory(state=WebhookState.DEAD, attempts=10)

    replay_webhook(call, actor=StaffFactory(role="manager"))

    assert (call.state, call.attempts) == (WebhookState.PENDING, 0)
    assert deliver_webhooks() == 1


def test_others_replay_nothing():
    call = WebhookFactory(state=WebhookState.DEAD, attempts=10)

    with pytest.raises(AccessDenied):
        replay_webhook(call, actor=StaffFactory(role="supervisor"))

    call.refresh_from_db()
    assert call.state == WebhookState.DEAD


def test_what_is_not_dead_is_not_replayed():
    call = WebhookFactory(attempts=3)

    assert replay_webhook(call, actor=StaffFactory(role="manager")).attempts == 3
