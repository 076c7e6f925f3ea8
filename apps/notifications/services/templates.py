"""Managers' own words for what the desk tells customers."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import DomainError, Invalid, NotFound
from apps.notifications.enums import Language
from apps.notifications.milestones import MILESTONES
from apps.notifications.models import NotificationTemplate
from apps.notifications.permissions import NotificationAction
from apps.notifications.selectors import texts_for
from apps.notifications.texts import SAMPLES, BadText, Texts

PARTS = ("subject", "body", "chat")


class TemplateExists(DomainError):
    """There are own words for this milestone and language already."""

    code = "template_exists"
    default_detail = _lazy("There are own words for this already. Change those.")


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


def preview(*, milestone: str, language: str, actor: Actor, **texts: str) -> Texts:
    """What a customer would read, with example facts: ``texts`` that are not empty, else those in force.

    Raises ``AccessDenied``, or ``Invalid`` as ``save_template``.
    """
    access.require(actor, NotificationAction.READ)
    given = Texts(**{part: texts.get(part, "") for part in PARTS})
    check_texts(given)
    return given.over(texts_for(milestone, language)).filled(SAMPLES)


@transaction.atomic
def create_template(*, milestone: str, language: str, actor: Actor, **texts: str) -> NotificationTemplate:
    """As ``save_template``, for words that are new. Raises ``TemplateExists`` too."""
    access.require(actor, NotificationAction.WRITE_TEMPLATE)
    if NotificationTemplate.objects.filter(milestone=milestone, language=language).exists():
        raise TemplateExists()
    words: dict[str, Any] = {**texts}
    return save_template(milestone=milestone, language=language, actor=actor, **words)


@transaction.atomic
def change_template(row: NotificationTemplate, *, actor: Actor, **texts: str) -> NotificationTemplate:
    """Change some of the texts; the others stay. Raises as ``save_template``, or ``NotFound``."""
    access.require(actor, NotificationAction.WRITE_TEMPLATE)
    stored = NotificationTemplate.objects.select_for_update().filter(pk=row.pk).first()
    if stored is None:
        raise NotFound()
    words: dict[str, Any] = {part: getattr(stored, part) for part in PARTS} | texts
    return save_template(milestone=stored.milestone, language=stored.language, actor=actor, **words)


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
