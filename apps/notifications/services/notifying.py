"""Putting a notification into the outbox."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.common.events import publish
from apps.customers.models import Customer
from apps.notifications import milestones
from apps.notifications.enums import ChannelName, Language, Mode
from apps.notifications.events import NotificationQueued
from apps.notifications.milestones import Milestone
from apps.notifications.models import Notification, NotificationDelivery


@dataclass(frozen=True)
class MailOptions:
    """How the mail of a notification differs from others, should it become one: its thread and its headers."""

    sender: str = ""
    reply_to: str = ""
    message_id: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def notify(
    *,
    customer: Customer,
    milestone: str,
    dedupe: str,
    data: dict[str, Any],
    locale: str | None = None,
    channels: Iterable[str] | None = None,
    mail: MailOptions | None = None,
    now: datetime | None = None,
) -> Notification | None:
    """Tell ``customer`` about a milestone, once for each ``dedupe``; None when they were told before, or are erased.

    Only writes rows: workers deliver after the caller's commit. ``data`` holds the facts that the milestone
    names (texts, already formatted for people). ``channels`` narrows the milestone's own, ``locale`` defaults
    to the customer's. Publishes ``NotificationQueued``. Raises ``TypeError`` for an unknown milestone or fact.
    """
    known = _milestone(milestone, data)
    if customer.erased_at is not None:
        return None
    now = now or timezone.now()
    row, created = Notification.objects.get_or_create(
        customer=customer,
        dedupe=dedupe,
        defaults={
            "milestone": known.name,
            "category": known.category,
            "mode": known.mode,
            "channels": _wanted(known.channels, channels),
            "language": language_of(locale or customer.locale),
            "urgent": known.urgent,
            "data": data,
            "mail": asdict(mail) if mail else {},
            "created_at": now,
        },
    )
    if not created:
        return None
    _add_deliveries(row, now)
    publish(NotificationQueued(notification_id=row.pk, at=now))
    return row


def _milestone(name: str, data: dict[str, Any]) -> Milestone:
    known = milestones.milestone(name)
    milestones.check_facts(known, data)
    return known


def _wanted(own: tuple[ChannelName, ...], asked: Iterable[str] | None) -> list[ChannelName]:
    if asked is None:
        return list(own)
    names = {ChannelName(name) for name in asked}
    return [name for name in ChannelName if name in names]


def _add_deliveries(row: Notification, now: datetime) -> None:
    """All channels at once, or the first: the next is added when that one does not reach the customer."""
    first = row.channels if row.mode == Mode.ALL else row.channels[:1]
    NotificationDelivery.objects.bulk_create(
        NotificationDelivery(notification=row, channel=channel, due_at=now) for channel in first
    )


def language_of(locale: str) -> str:
    """The language of the templates for ``locale``: Chinese for any kind of it, else English."""
    return Language.ZH if locale.lower().startswith("zh") else Language.EN
