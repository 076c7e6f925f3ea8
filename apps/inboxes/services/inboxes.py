from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.common.ids import new_token
from apps.inboxes.events import InboxChanged
from apps.inboxes.models import USE_INBOX, Inbox
from apps.inboxes.permissions import InboxAction
from apps.inboxes.selectors import inbox_members

# What may be set from outside; the secret has a service of its own.
WRITABLE = (
    "slug",
    "name",
    "channel",
    "is_active",
    "allowed_origins",
    "shop_name",
    "color",
    "greeting",
    "quick_questions",
    "privacy_url",
    "default_locale",
    "reopen_seconds",
)


@transaction.atomic
def create_inbox(*, actor: Actor, now: datetime | None = None, **fields: Any) -> Inbox:
    """Make an inbox of the ``WRITABLE`` fields; at least ``slug`` and ``name``. Publishes ``InboxChanged``.

    Raises ``AccessDenied``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, InboxAction.CREATE)
    now = now or timezone.now()
    inbox = Inbox(**_writable(fields), created_at=now)
    _validate(inbox)
    inbox.save(force_insert=True)
    audit.record(actor=actor, action=InboxAction.CREATE, target=inbox, at=now, slug=inbox.slug)
    publish(InboxChanged(inbox_id=inbox.pk, at=now))
    return inbox


@transaction.atomic
def update_inbox(inbox: Inbox, *, actor: Actor, now: datetime | None = None, **changes: Any) -> Inbox:
    """Set some of the ``WRITABLE`` fields of ``inbox``. Publishes ``InboxChanged`` when anything changed.

    Raises ``AccessDenied``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, InboxAction.UPDATE, inbox)
    now = now or timezone.now()
    row = Inbox.objects.select_for_update().get(pk=inbox.pk)
    changed = [name for name, value in _writable(changes).items() if getattr(row, name) != value]
    if changed:
        before = audit.values_of(row, changed)
        for name in changed:
            setattr(row, name, changes[name])
        _validate(row)
        row.save(update_fields=changed)
        after = audit.values_of(row, changed)
        _note_change(row, actor=actor, now=now, fields=sorted(changed), before=before, after=after)
    inbox.refresh_from_db()
    return inbox


@transaction.atomic
def rotate_identity_secret(inbox: Inbox, *, actor: Actor, now: datetime | None = None) -> str:
    """Give ``inbox`` a new secret for signed identities and return it; the old one is worthless at once."""
    access.require(actor, InboxAction.UPDATE, inbox)
    now = now or timezone.now()
    secret = new_token()
    Inbox.objects.filter(pk=inbox.pk).update(identity_secret=secret)
    _note_change(inbox, actor=actor, now=now, fields=["identity_secret"])
    inbox.refresh_from_db()
    return secret


@transaction.atomic
def set_inbox_members(
    inbox: Inbox, *, users: Iterable[User], actor: Actor, now: datetime | None = None
) -> None:
    """Let exactly ``users`` use ``inbox`` (besides those whose role reaches any)."""
    access.require(actor, InboxAction.UPDATE, inbox)
    now = now or timezone.now()
    Inbox.objects.select_for_update().get(pk=inbox.pk)
    wanted = set(users)
    held = set(inbox_members(inbox))
    for user in wanted - held:
        assign_perm(USE_INBOX, user, inbox)
    for user in held - wanted:
        remove_perm(USE_INBOX, user, inbox)
    if wanted != held:
        _note_change(inbox, actor=actor, now=now, members=sorted(user.pk for user in wanted))


def _note_change(inbox: Inbox, *, actor: Actor, now: datetime, **data: Any) -> None:
    audit.record(actor=actor, action=InboxAction.UPDATE, target=inbox, at=now, **data)
    publish(InboxChanged(inbox_id=inbox.pk, at=now))


def _writable(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = fields.keys() - set(WRITABLE)
    if unknown:
        raise TypeError(f"Not fields of an inbox that may be set: {', '.join(sorted(unknown))}.")
    return fields


def _validate(inbox: Inbox) -> None:
    try:
        inbox.full_clean()
    except ValidationError as error:
        raise Invalid(fields=error.message_dict) from error
