"""Telling another system of alerts: signed as Standard Webhooks say (standardwebhooks.com), retried, replayable."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common import backoff
from apps.common.http import Outside, Signer, Unreachable
from apps.monitoring.enums import WebhookState
from apps.monitoring.models import Alert, AlertWebhook
from apps.monitoring.permissions import MonitoringAction
from apps.monitoring.words import words_of

LEASE = timedelta(seconds=60)  # longer than a call takes
BATCH = 100


def deliver_webhooks(*, now: datetime | None = None, limit: int = BATCH) -> int:
    """Make the calls that are due; returns how many went through. Safe to run twice and in parallel."""
    sent = 0
    for _ in range(limit):
        call = _claim(now or timezone.now())
        if call is None:
            break
        sent += _deliver(call)
    return sent


@transaction.atomic
def _claim(now: datetime) -> AlertWebhook | None:
    """Take the oldest due call for ``LEASE``; the lease is its next due time, should this process die."""
    due = AlertWebhook.objects.filter(state=WebhookState.PENDING, due_at__lte=now).order_by("due_at", "pk")
    call = due.select_for_update(skip_locked=True, of=("self",)).first()
    if call is not None:
        call.attempts, call.due_at, call.locked_until = call.attempts + 1, now + LEASE, now + LEASE
        call.save(update_fields=["attempts", "due_at", "locked_until"])
    return call


def _deliver(call: AlertWebhook) -> bool:
    url = settings.ALERT_WEBHOOK_URL
    if not url:
        return _finish(call, WebhookState.DEAD, "no webhook configured")
    alert = Alert.objects.select_related("rule", "queue").get(pk=call.alert_id)
    body = json.dumps(payload(alert, call.news), ensure_ascii=False).encode()
    try:
        server, path = _parts(url)
        answer = Outside("alert webhook", server).call(
            "POST",
            path,
            body=body,
            headers={"content-type": "application/json"},
            sign=signer(call.message_id),
        )
    except Unreachable as error:
        return _failed(call, str(error))
    if answer.ok:
        return _finish(call, WebhookState.SENT)
    return _failed(call, f"HTTP {answer.status}")


def _parts(url: str) -> tuple[str, str]:
    """Server, and path with its query exactly as configured."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode()}", parsed.raw_path.decode()


def payload(alert: Alert, news: str) -> dict[str, object]:
    """What the webhook says, in English."""
    with translation.override("en"):
        text = words_of(alert)
    return {
        "type": news,
        "timestamp": (alert.resolved_at or alert.raised_at).isoformat(),
        "data": {
            "id": alert.public_id,
            "kind": alert.rule.kind,
            "rule": alert.rule.name,
            "queue": alert.queue.slug if alert.queue else None,
            "about": alert.key,
            "value": alert.value,
            "worst": alert.worst,
            "threshold": alert.rule.threshold,
            "raised_at": alert.raised_at.isoformat(),
            "resolved_at": alert.resolved_at.isoformat() if alert.resolved_at else None,
            "text": text,
        },
    }


def signer(message_id: str) -> Signer:
    """Headers of one attempt: id, time, and ``v1`` HMAC-SHA256 over ``id.time.body``; unsigned without a secret."""

    def sign(method: str, url: httpx.URL, body: bytes) -> Mapping[str, str]:
        at = str(int(timezone.now().timestamp()))
        headers = {"webhook-id": message_id, "webhook-timestamp": at}
        if settings.ALERT_WEBHOOK_SECRET:
            headers["webhook-signature"] = signature(message_id, at, body)
        return headers

    return sign


def signature(message_id: str, at: str, body: bytes) -> str:
    """The signature header for a secret as ``whsec_<base64>``; any other text is the key itself."""
    secret = settings.ALERT_WEBHOOK_SECRET
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _failed(call: AlertWebhook, error: str) -> bool:
    pause = backoff.pause(call.attempts)
    if pause is None:
        return _finish(call, WebhookState.DEAD, error)
    mine = AlertWebhook.objects.filter(pk=call.pk, locked_until=call.locked_until)
    mine.update(due_at=timezone.now() + pause, locked_until=None, error=error[:500])
    return False


def _finish(call: AlertWebhook, state: WebhookState, error: str = "") -> bool:
    """Unless the lease ran out and another worker has it."""
    mine = AlertWebhook.objects.filter(pk=call.pk, locked_until=call.locked_until)
    sent_at = timezone.now() if state == WebhookState.SENT else None
    mine.update(state=state, error=error[:500], sent_at=sent_at, locked_until=None)
    return state == WebhookState.SENT


@transaction.atomic
def replay_webhook(call: AlertWebhook, *, actor: Actor, now: datetime | None = None) -> AlertWebhook:
    """Try a call that was given up once more, from the beginning. Raises ``AccessDenied``."""
    access.require(actor, MonitoringAction.REPLAY)
    dead = AlertWebhook.objects.filter(pk=call.pk, state=WebhookState.DEAD)
    if dead.update(state=WebhookState.PENDING, attempts=0, due_at=now or timezone.now(), error=""):
        audit.record(actor=actor, action=MonitoringAction.REPLAY, target=call, at=now)
    call.refresh_from_db()
    return call
