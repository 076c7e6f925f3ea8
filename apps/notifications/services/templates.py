"""Managers' own words for what the desk tells customers."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.notifications.enums import Language
from apps.notifications.milestones import MILESTONES
from apps.notifications.models import NotificationTemplate
from apps.notifications.permissions import NotificationAction
from apps.notifications.texts import SAMPLES, BadText, Texts

PARTS = ("subject", "body", "chat")


@transaction.atomic
def save_template(
    *, milestone: str, language: str, actor: Actor, now: datetime | None = None, **texts: str
) -> NotificationTemplate:
    """Set the ``subject``, ``body`` and ``chat`` of a milestone in a language; an empty one falls back.

    Raises ``AccessDenied``, or ``Invalid`` for an unknown milestone or a text that is no template.
    """
    access.require(actor, NotificationAction.WRITE_TEMPLATE)
    if milestone not in MILESTONES or language not in Language:
        raise Invalid(fields={"milestone": [_("There is no such text.")]})
    given = {part: texts.get(part, "") for part in PARTS}
    check_texts(Texts(**given))
    now = now or timezone.now()
    row, _created = NotificationTemplate.objects.update_or_create(
        milestone=milestone, language=language, defaults={**given, "updated_at": now}
    )
    audit.record(actor=actor, action=NotificationAction.WRITE_TEMPLATE, target=row, at=now, text=str(row))
    return row


def check_texts(texts: Texts) -> None:
    """Raise ``Invalid`` naming the part that cannot be filled with facts."""
    faults = {}
    for part in PARTS:
        alone = Texts(**(dict.fromkeys(PARTS, "") | {part: getattr(texts, part)}))
        try:
            alone.filled(SAMPLES)
        except BadText as error:
            faults[part] = [_("This is not a usable text: %(reason)s") % {"reason": error}]
    if faults:
        raise Invalid(fields=faults)


@transaction.atomic
def delete_template(row: NotificationTemplate, *, actor: Actor, now: datetime | None = None) -> None:
    """Go back to the desk's own words. Raises ``AccessDenied``."""
    access.require(actor, NotificationAction.WRITE_TEMPLATE)
    audit.record(actor=actor, action=NotificationAction.WRITE_TEMPLATE, target=row, at=now, deleted=str(row))
    row.delete()
