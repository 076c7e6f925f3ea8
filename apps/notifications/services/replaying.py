"""A second chance for what was given up."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.events import publish
from apps.notifications.enums import DeliveryState, MailState
from apps.notifications.events import EmailQueued, NotificationQueued
from apps.notifications.models import Notification, NotificationDelivery, OutgoingEmail
from apps.notifications.permissions import NotificationAction


@transaction.atomic
def replay_delivery(row: NotificationDelivery, *, actor: Actor, now: datetime | None = None) -> bool:
    """Try a given-up delivery anew; false when it is not given up. Raises ``AccessDenied``."""
    access.require(actor, NotificationAction.REPLAY, row)
    now = now or timezone.now()
    dead = NotificationDelivery.objects.filter(pk=row.pk, state=DeliveryState.DEAD)
    if not dead.update(state=DeliveryState.PENDING, attempts=0, due_at=now):
        return False
    audit.record(actor=actor, action=NotificationAction.REPLAY, target=row, at=now)
    publish(NotificationQueued(notification_id=row.notification_id, at=now))
    return True


@transaction.atomic
def replay_email(row: OutgoingEmail, *, actor: Actor, now: datetime | None = None) -> bool:
    """Send a given-up mail anew; false when it is not given up. Raises ``AccessDenied``."""
    access.require(actor, NotificationAction.REPLAY, row)
    now = now or timezone.now()
    dead = OutgoingEmail.objects.filter(pk=row.pk, state=MailState.DEAD)
    # Its age counts from now, else a mail from the days of an outage would be given up again at once.
    if not dead.update(state=MailState.PENDING, attempts=0, due_at=now, created_at=now, locked_until=None):
        return False
    audit.record(actor=actor, action=NotificationAction.REPLAY, target=row, at=now)
    publish(EmailQueued(email_id=row.pk, at=now))
    return True


@transaction.atomic
def replay_notification(notification: Notification, *, actor: Actor, now: datetime | None = None) -> int:
    """Try all of a notification that was given up anew, its mails included; how many. Raises ``AccessDenied``."""
    access.require(actor, NotificationAction.REPLAY, notification)
    deliveries = notification.deliveries.dead().order_by("pk")
    mails = OutgoingEmail.objects.dead().filter(delivery__notification=notification).order_by("pk")
    done = sum(replay_delivery(row, actor=actor, now=now) for row in deliveries)
    return done + sum(replay_email(row, actor=actor, now=now) for row in mails)
