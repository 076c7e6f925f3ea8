"""Notifications of gateways: verified on the bytes, stored once, worked on by a worker."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apps.common.errors import NotFound, Unavailable
from apps.common.events import publish
from apps.refunds import gateways
from apps.refunds.enums import NoticeState
from apps.refunds.events import RefundNoticeArrived
from apps.refunds.gateways.base import MalformedNotice, NotConfigured
from apps.refunds.models import Refund, RefundNotice
from apps.refunds.services.settling import apply_result

AGAIN = timedelta(minutes=1)  # times the number of tries


def receive_notice(
    gateway_name: str, headers: Mapping[str, str], raw: bytes, *, now: datetime | None = None
) -> RefundNotice:
    """Store a notification as it came, once for each id. Publishes ``RefundNoticeArrived`` for a new one.

    Raises ``NotFound`` for an unknown gateway, ``ForgedNotice``, ``MalformedNotice``, ``Unavailable`` without keys.
    """
    gateway, now = gateways.registry.get(gateway_name), now or timezone.now()
    if gateway is None:
        raise NotFound()
    try:
        notice_id = gateway.verify(headers, raw, now=now)
    except NotConfigured as error:
        raise Unavailable() from error
    gateway.parse(raw)
    with transaction.atomic():
        notice, created = RefundNotice.objects.get_or_create(
            gateway=gateway.name,
            notice_id=notice_id[:120],
            defaults={"raw": raw, "received_at": now, "due_at": now},
        )
        if created:
            publish(RefundNoticeArrived(notice_id=notice.pk, at=now))
    return notice


def process_notice(notice_id: int, *, now: datetime | None = None) -> NoticeState | None:
    """Let a stored notification do its work; None when it has done it. Safe to run twice and in parallel."""
    now = now or timezone.now()
    if not _claim(notice_id, now):
        return None
    return _work(notice_id, now)


def _claim(notice_id: int, now: datetime) -> bool:
    """Count the try before it, so that a notice which brings a worker down comes back later, not at once."""
    with transaction.atomic():
        due = RefundNotice.objects.due(now).filter(pk=notice_id)
        notice = due.select_for_update(skip_locked=True).first()
        if notice is None:
            return False
        notice.attempts += 1
        notice.due_at = now + min(AGAIN * notice.attempts, timedelta(hours=1))
        notice.save(update_fields=["attempts", "due_at"])
    return True


@transaction.atomic
def _work(notice_id: int, now: datetime) -> NoticeState:
    notice = RefundNotice.objects.select_for_update(no_key=True).get(pk=notice_id)
    if notice.state != NoticeState.NEW:
        return NoticeState(notice.state)
    told, why = _read(notice)
    refund = told and Refund.objects.filter(refund_no=told.refund_no, gateway=notice.gateway).first()
    if told and refund:
        apply_result(refund.pk, told.result, now=now)
    return _finish(notice, refund or None, why, now)


def _read(notice: RefundNotice):
    gateway = gateways.registry.get(notice.gateway)
    if gateway is None:
        return None, "The gateway is no longer known."
    try:
        return gateway.parse(bytes(notice.raw)), "No refund here has this number."
    except MalformedNotice as error:
        return None, str(error)


def _finish(notice: RefundNotice, refund: Refund | None, why: str, now: datetime) -> NoticeState:
    notice.state = NoticeState.PROCESSED if refund else NoticeState.IGNORED
    notice.refund, notice.why, notice.processed_at = refund, "" if refund else why[:300], now
    notice.save(update_fields=["state", "refund", "why", "processed_at"])
    return NoticeState(notice.state)
