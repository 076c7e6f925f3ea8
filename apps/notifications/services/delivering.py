"""Bringing what waits in the outbox onto its way. Rows only: nothing here leaves the machine."""

import logging
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.utils import timezone

from apps.common.backoff import pause
from apps.common.events import publish
from apps.notifications import selectors
from apps.notifications.channels import Telling, teller_of
from apps.notifications.enums import ChannelName, DeliveryState, Mode
from apps.notifications.events import DeliveryDied
from apps.notifications.loops import automatic_headers
from apps.notifications.models import Notification, NotificationDelivery
from apps.notifications.quiet import wakes_at
from apps.notifications.services.mail import queue_email
from apps.notifications.services.wording import letter_of, words_of

logger = logging.getLogger(__name__)


def deliver_due(*, now: datetime | None = None, most: int = 100) -> int:
    """Take up to ``most`` deliveries whose time has come; how many. Safe to run twice and in parallel."""
    now = now or timezone.now()
    taken = 0
    while taken < most and _deliver_next(now):
        taken += 1
    return taken


@transaction.atomic
def _deliver_next(now: datetime) -> bool:
    """One delivery, its effect and its new state in one transaction; false when none is left."""
    due = NotificationDelivery.objects.due(now).select_for_update(skip_locked=True, of=("self",))
    row = due.select_related("notification__customer").first()
    if row is None:
        return False
    try:
        with transaction.atomic():
            _deliver(row, now)
    except Exception as error:
        logger.exception("Delivery %s failed.", row.pk)
        _note_failure(row, error, now)
    return True


def _deliver(row: NotificationDelivery, now: datetime) -> None:
    if row.channel == ChannelName.EMAIL:
        _write_mail(row, now)
    elif _tell(row, now):
        _settle(row, DeliveryState.DONE, now)
    else:
        _settle(row, DeliveryState.UNREACHED, now)
    if row.state == DeliveryState.UNREACHED and row.notification.mode == Mode.FIRST:
        _try_next_channel(row, now)


def _tell(row: NotificationDelivery, now: datetime) -> bool:
    teller = teller_of(row.channel)
    if teller is None:
        return False
    notification = row.notification
    text = words_of(notification).chat
    telling = Telling(notification.customer_id, notification.milestone, text, telling_ref(row), now)
    return teller(telling)


def telling_ref(row: NotificationDelivery) -> UUID:
    """The name of what this delivery says: repeated, it is recognised."""
    return uuid5(NAMESPACE_URL, f"notification-delivery:{row.pk}")


def _write_mail(row: NotificationDelivery, now: datetime) -> None:
    """Queue the mail, unless there is no address, it is not wanted, or the customer sleeps."""
    notification = row.notification
    address = notification.customer.email
    morning = None if notification.urgent else wakes_at(now, notification.customer.zone)
    if not address:
        _settle(row, DeliveryState.UNREACHED, now)
    elif selectors.refuses(address, notification.category):
        _settle(row, DeliveryState.REFUSED, now)
    elif morning:
        NotificationDelivery.objects.filter(pk=row.pk).update(due_at=morning)
    else:
        _queue_mail(row, notification, address, now)
        _settle(row, DeliveryState.DONE, now)


def _queue_mail(row: NotificationDelivery, notification: Notification, address: str, now: datetime) -> None:
    letter = letter_of(notification, address)
    options = notification.mail
    queue_email(
        dedupe=f"delivery:{row.pk}",
        to=address,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        headers={**automatic_headers(opt_out=letter.opt_out), **options.get("headers", {})},
        sender=options.get("sender", ""),
        reply_to=options.get("reply_to", ""),
        message_id=options.get("message_id", ""),
        delivery=row,
        now=now,
    )


def _settle(row: NotificationDelivery, state: DeliveryState, now: datetime) -> None:
    row.state, row.error = state, ""
    row.sent_at = now if state == DeliveryState.DONE else None
    row.save(update_fields=["state", "error", "sent_at"])


def _try_next_channel(row: NotificationDelivery, now: datetime) -> None:
    """The next rung of the ladder, if there is one."""
    channels = row.notification.channels
    following = channels[channels.index(row.channel) + 1 :][:1]
    for channel in following:
        NotificationDelivery.objects.get_or_create(
            notification=row.notification, channel=channel, defaults={"due_at": now}
        )


def _note_failure(row: NotificationDelivery, error: Exception, now: datetime) -> None:
    wait = pause(row.attempts + 1)
    NotificationDelivery.objects.filter(pk=row.pk).update(
        attempts=row.attempts + 1,
        error=f"{type(error).__name__}: {error}"[:300],
        due_at=now + wait if wait else now,
        state=DeliveryState.PENDING if wait else DeliveryState.DEAD,
    )
    if wait is None:
        publish(DeliveryDied(kind="delivery", row_id=row.pk, at=now))
