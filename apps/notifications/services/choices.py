"""What customers want to hear by e-mail."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from apps.notifications.models import OptOut
from apps.notifications.optout import REFUSABLE, Choice


@transaction.atomic
def refuse_email(choice: Choice, *, now: datetime | None = None) -> bool:
    """The owner of the address wants no more e-mail of the category; false when that was so already.

    Whoever holds the signed link may: it only stands in mails to that address.
    """
    if choice.category not in REFUSABLE:
        return False
    _, created = OptOut.objects.get_or_create(
        address=choice.address, category=choice.category, defaults={"at": now or timezone.now()}
    )
    return created


@transaction.atomic
def allow_email(choice: Choice) -> bool:
    """They want it again; false when they never refused it."""
    return bool(OptOut.objects.filter(address=choice.address, category=choice.category).delete()[0])
