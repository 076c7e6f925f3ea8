"""What customers want to hear by e-mail."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.notifications.models import OptOut
from apps.notifications.optout import REFUSABLE, Choice
from apps.notifications.permissions import NotificationAction


@transaction.atomic
def refuse_email(choice: Choice, *, now: datetime | None = None) -> bool:
    """The owner of the address wants no more e-mail of the category; false when that was so already.

    Whoever holds the signed link may: it only stands in mails to that address.
    """
    if choice.category not in REFUSABLE:
        return False
    _row, created = OptOut.objects.get_or_create(
        address=choice.address, category=choice.category, defaults={"at": now or timezone.now()}
    )
    return created


@transaction.atomic
def allow_email(choice: Choice) -> bool:
    """They want it again; false when they never refused it."""
    return bool(OptOut.objects.filter(address=choice.address, category=choice.category).delete()[0])


@transaction.atomic
def add_opt_out(
    *, actor: Actor, address: str, category: str, now: datetime | None = None
) -> tuple[OptOut, bool]:
    """Note that a customer told the desk they want no more e-mail of a category; whether that was new.

    The trail does not name the address: it outlives the customer's data. Raises ``AccessDenied``, or ``Invalid`` for
    what cannot be refused.
    """
    access.require(actor, NotificationAction.MANAGE_OPT_OUTS)
    if category not in REFUSABLE:
        raise Invalid(fields={"category": [_("This e-mail cannot be refused.")]})
    row, created = OptOut.objects.get_or_create(
        address=address.lower(), category=category, defaults={"at": now or timezone.now()}
    )
    if created:
        _note(row, actor, now, added=category)
    return row, created


@transaction.atomic
def remove_opt_out(row: OptOut, *, actor: Actor, now: datetime | None = None) -> None:
    """Note that a customer wants such e-mail again. Raises ``AccessDenied``."""
    access.require(actor, NotificationAction.MANAGE_OPT_OUTS)
    _note(row, actor, now, removed=row.category)
    row.delete()


def _note(row: OptOut, actor: Actor, now: datetime | None, **data: Any) -> None:
    audit.record(actor=actor, action=NotificationAction.MANAGE_OPT_OUTS, target=row, at=now, **data)
