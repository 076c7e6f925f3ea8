"""Mailboxes that the desk reads."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.inboxes.models import EmailAccount
from apps.inboxes.permissions import InboxAction

ACCOUNT_FIELDS = (
    "inbox",
    "address",
    "is_active",
    "host",
    "port",
    "security",
    "username",
    "password",
    "folder",
    "plus_addresses",
)
# Another place to read from: what was read of the old one says nothing about it.
PLACE = {"host", "port", "username", "folder"}


@transaction.atomic
def save_account(
    account: EmailAccount | None = None, *, actor: Actor, now: datetime | None = None, **fields: Any
) -> EmailAccount:
    """Set up a mailbox, or change ``account``; an empty password leaves the stored one.

    Raises ``AccessDenied``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, InboxAction.MANAGE_ACCOUNTS)
    unknown = fields.keys() - set(ACCOUNT_FIELDS)
    if unknown:
        raise TypeError(f"Not fields of a mailbox that may be set: {', '.join(sorted(unknown))}.")
    now = now or timezone.now()
    row = account or EmailAccount(created_at=now)
    changed = [name for name, value in fields.items() if _differs(row, name, value)]
    before = audit.values_of(row, changed) if row.pk else {}
    for name in changed:
        setattr(row, name, fields[name])
    if PLACE & set(changed):
        row.uidvalidity, row.last_uid = None, 0
    _validate(row)
    row.error = ""
    row.save()
    data: dict[str, Any] = {
        "fields": sorted(changed),
        "before": before,
        "after": audit.values_of(row, changed),
    }
    audit.record(actor=actor, action=InboxAction.MANAGE_ACCOUNTS, target=row, at=now, **data)
    return row


def _differs(row: EmailAccount, name: str, value: Any) -> bool:
    if name == "password" and not value:
        return False
    return row.pk is None or getattr(row, name) != value


def _validate(row: EmailAccount) -> None:
    row.address = row.address.lower()
    try:
        row.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
