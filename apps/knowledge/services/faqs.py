"""Writes of FAQs, categories and canned replies. Each change moves the stamp: every process sees it at once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import DomainError, Invalid
from apps.common.events import publish
from apps.knowledge.errors import KeyTaken, ShortcutTaken
from apps.knowledge.events import FaqsChanged
from apps.knowledge.models import QUESTION_MAX, CannedReply, Faq, FaqCategory, FaqQuestion, KnowledgeStamp
from apps.knowledge.permissions import KnowledgeAction

FAQ_FIELDS = (
    "key",
    "topic",
    "category",
    "lang",
    "question",
    "answer",
    "product",
    "is_active",
    "hands_off",
    "source",
    "license",
)
REPLY_FIELDS = ("shortcut", "title", "body", "lang", "queue")
MAX_ALTERNATIVES = 50


@transaction.atomic
def create_faq(
    *, actor: Actor | Any, similar: Iterable[str] = (), now: datetime | None = None, **fields: Any
) -> Faq:
    """Add an FAQ of the ``FAQ_FIELDS``, with other ways to ask it. Publishes ``FaqsChanged``.

    Raises ``AccessDenied``, ``KeyTaken``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, KnowledgeAction.WRITE)
    now = now or timezone.now()
    faq = Faq(**known_fields(fields, FAQ_FIELDS), created_at=now, updated_at=now)
    save_row(faq, KeyTaken)
    set_alternatives(faq, similar)
    _changed(faq, actor=actor, now=now, verb="created")
    return faq


@transaction.atomic
def update_faq(
    faq: Faq,
    *,
    actor: Actor | Any,
    similar: Iterable[str] | None = None,
    now: datetime | None = None,
    **changes: Any,
) -> Faq:
    """Change an FAQ; ``similar`` replaces the other ways to ask it. Publishes ``FaqsChanged``.

    Raises ``AccessDenied``, ``KeyTaken``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, KnowledgeAction.WRITE)
    now = now or timezone.now()
    faq = Faq.objects.select_for_update().get(pk=faq.pk)
    for name, value in known_fields(changes, FAQ_FIELDS).items():
        setattr(faq, name, value)
    faq.updated_at = now
    save_row(faq, KeyTaken)
    if similar is not None:
        set_alternatives(faq, similar)
    _changed(faq, actor=actor, now=now, verb="updated", fields=sorted(changes))
    return faq


def retire_faq(faq: Faq, *, actor: Actor | Any, now: datetime | None = None) -> Faq:
    """Stop answering from an FAQ; its history stays. Raises ``AccessDenied``."""
    return update_faq(faq, actor=actor, now=now, is_active=False)


@transaction.atomic
def note_feedback(faq: Faq, *, actor: Actor | Any, helped: bool, now: datetime | None = None) -> None:
    """Count that an answer helped, or did not. Raises ``AccessDenied``."""
    access.require(actor, KnowledgeAction.NOTE_FEEDBACK)
    field = "helpful" if helped else "unhelpful"
    Faq.objects.filter(pk=faq.pk).update(**{field: F(field) + 1})
    audit.record(actor=actor, action=KnowledgeAction.NOTE_FEEDBACK, target=faq, at=now, helped=helped)


@transaction.atomic
def save_category(
    *, actor: Actor | Any, slug: str, now: datetime | None = None, **fields: Any
) -> FaqCategory:
    """Add the category ``slug``, or change its names and position. Raises ``AccessDenied`` or ``Invalid``."""
    access.require(actor, KnowledgeAction.WRITE)
    category = FaqCategory.objects.select_for_update().filter(slug=slug).first() or FaqCategory(slug=slug)
    for name, value in known_fields(fields, ("name_en", "name_zh", "position")).items():
        setattr(category, name, value)
    save_row(category, KeyTaken)
    audit.record(actor=actor, action=KnowledgeAction.WRITE, target=category, at=now)
    return category


@transaction.atomic
def create_canned_reply(*, actor: Actor | Any, now: datetime | None = None, **fields: Any) -> CannedReply:
    """Add a canned reply of the ``REPLY_FIELDS``. Raises ``AccessDenied``, ``ShortcutTaken`` or ``Invalid``."""
    access.require(actor, KnowledgeAction.WRITE_REPLY)
    now = now or timezone.now()
    reply = CannedReply(**known_fields(fields, REPLY_FIELDS), updated_at=now)
    save_row(reply, ShortcutTaken)
    audit.record(actor=actor, action=KnowledgeAction.WRITE_REPLY, target=reply, at=now, verb="created")
    return reply


@transaction.atomic
def update_canned_reply(
    reply: CannedReply, *, actor: Actor | Any, now: datetime | None = None, **changes: Any
) -> CannedReply:
    """Change a canned reply. Raises ``AccessDenied``, ``ShortcutTaken`` or ``Invalid``."""
    access.require(actor, KnowledgeAction.WRITE_REPLY)
    now = now or timezone.now()
    reply = CannedReply.objects.select_for_update().get(pk=reply.pk)
    for name, value in known_fields(changes, REPLY_FIELDS).items():
        setattr(reply, name, value)
    reply.updated_at = now
    save_row(reply, ShortcutTaken)
    audit.record(actor=actor, action=KnowledgeAction.WRITE_REPLY, target=reply, at=now, verb="updated")
    return reply


@transaction.atomic
def delete_canned_reply(reply: CannedReply, *, actor: Actor | Any, now: datetime | None = None) -> None:
    """Remove a canned reply. Raises ``AccessDenied``."""
    access.require(actor, KnowledgeAction.WRITE_REPLY)
    audit.record(actor=actor, action=KnowledgeAction.WRITE_REPLY, target=reply, at=now, verb="deleted")
    reply.delete()


def set_alternatives(faq: Faq, texts: Iterable[str]) -> None:
    """Make ``texts`` the other ways to ask ``faq``: trimmed, without repeats. Raises ``Invalid``.

    For the services of this app: the caller has authorised, and moves the stamp.
    """
    wanted = unique_texts(texts)
    if len(wanted) > MAX_ALTERNATIVES or any(len(text) > QUESTION_MAX for text in wanted):
        raise Invalid(
            _("At most %(count)s other ways to ask, each of at most %(length)s characters.")
            % {"count": MAX_ALTERNATIVES, "length": QUESTION_MAX},
            fields={"similar": [_("Too many or too long.")]},
        )
    if list(faq.alternatives.values_list("text", flat=True)) == wanted:
        return
    faq.alternatives.all().delete()
    FaqQuestion.objects.bulk_create(
        FaqQuestion(faq=faq, position=at, text=text) for at, text in enumerate(wanted)
    )


def unique_texts(texts: Iterable[str]) -> list[str]:
    """Trimmed, in order, without empty ones and repeats."""
    return list(dict.fromkeys(filter(None, (str(text).strip() for text in texts))))


def move_stamp(stamp_id: int = KnowledgeStamp.FAQS) -> None:
    """Tell every process that its index is old, from the commit on. Writers of FAQs (or SOPs) queue up here."""
    KnowledgeStamp.objects.update_or_create(pk=stamp_id, defaults={"value": uuid4()})


def known_fields(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """``fields`` when all are among ``names``. Raises ``Invalid``."""
    unknown = sorted(fields.keys() - set(names))
    if unknown:
        raise Invalid(
            _("Some fields are not known."), fields={name: [_("Unknown field.")] for name in unknown}
        )
    return fields


def save_row(row: models.Model, taken: type[DomainError]) -> None:
    """Check and save ``row``. Raises ``Invalid``, or ``taken`` when a constraint refuses it."""
    try:
        row.clean_fields()
    except ValidationError as error:
        raise Invalid(_("Some fields are not valid."), fields=error.message_dict) from error
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise taken() from error


def _changed(faq: Faq, *, actor: Actor | Any, now: datetime, **data: Any) -> None:
    move_stamp()
    audit.record(actor=actor, action=KnowledgeAction.WRITE, target=faq, at=now, key=faq.key, **data)
    publish(FaqsChanged((faq.pk,), now))
