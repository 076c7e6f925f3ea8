"""Writes of SOPs: drafts, review by a second person, and what is in force. Each change moves the SOPs' stamp."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import Actor
from apps.access.models import User
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.common.events import publish
from apps.knowledge.enums import REVISION_NEXT, RevisionState
from apps.knowledge.errors import OwnRevision, RevisionMoved, RevisionOpen, SlugTaken
from apps.knowledge.events import SopsChanged
from apps.knowledge.models import KnowledgeStamp, Sop, SopRevision, SopStep
from apps.knowledge.permissions import KnowledgeAction
from apps.knowledge.services.faqs import known_fields, move_stamp, save_row, unique_texts

SOP_FIELDS = ("slug", "title", "title_zh", "category", "queue", "keywords", "is_active")
MAX_STEPS = 30
MAX_KEYWORDS = 50


@dataclass(frozen=True)
class StepText:
    """One step as its author writes it; ``say_…`` may be sent to the customer as it stands."""

    title: str
    text: str = ""
    say_en: str = ""
    say_zh: str = ""


@transaction.atomic
def create_sop(*, actor: Actor | Any, now: datetime | None = None, **fields: Any) -> Sop:
    """Add a SOP of the ``SOP_FIELDS``; it is in force once a revision is approved.

    Raises ``AccessDenied``, ``SlugTaken``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, KnowledgeAction.WRITE_SOP)
    now = now or timezone.now()
    sop = Sop(**_cleaned(fields), created_at=now, updated_at=now)
    save_row(sop, SlugTaken)
    _changed(sop, actor=actor, now=now, verb="created")
    return sop


@transaction.atomic
def update_sop(sop: Sop, *, actor: Actor | Any, now: datetime | None = None, **changes: Any) -> Sop:
    """Change what a SOP is called and when it is suggested, or retire it with ``is_active=False``.

    Raises ``AccessDenied``, ``SlugTaken``, or ``Invalid`` with the fields that are not valid.
    """
    access.require(actor, KnowledgeAction.WRITE_SOP)
    now = now or timezone.now()
    sop = Sop.objects.select_for_update().get(pk=sop.pk)
    for name, value in _cleaned(changes).items():
        setattr(sop, name, value)
    sop.updated_at = now
    save_row(sop, SlugTaken)
    _changed(sop, actor=actor, now=now, verb="updated", fields=sorted(changes))
    return sop


@transaction.atomic
def draft_revision(sop: Sop, *, actor: Actor | Any, now: datetime | None = None, **words: Any) -> SopRevision:
    """Begin the next revision, with the words of the last one; ``words`` as ``edit_revision`` takes them.

    Raises ``AccessDenied``, ``RevisionOpen`` or ``Invalid``.
    """
    access.require(actor, KnowledgeAction.WRITE_SOP)
    sop = Sop.objects.select_for_update().get(pk=sop.pk)
    last = sop.revisions.first()
    if last and last.state in (RevisionState.DRAFT, RevisionState.IN_REVIEW):
        raise RevisionOpen()
    revision = SopRevision.objects.create(
        sop=sop,
        number=last.number + 1 if last else 1,
        author=actor if isinstance(actor, User) else None,
        created_at=now or timezone.now(),
        **({"lang": last.lang, "body": last.body} if last else {}),
    )
    if last:
        _write_steps(revision, (StepText(s.title, s.text, s.say_en, s.say_zh) for s in last.steps.all()))
    _note(revision, KnowledgeAction.WRITE_SOP, actor, now, verb="drafted")
    return edit_revision(revision, actor=actor, now=now, **words) if words else revision


@transaction.atomic
def edit_revision(
    revision: SopRevision,
    *,
    actor: Actor | Any,
    steps: Iterable[StepText] | None = None,
    now: datetime | None = None,
    **changes: Any,
) -> SopRevision:
    """Change the words of one's own draft (``lang``, ``body``); ``steps`` replaces all of them.

    Raises ``AccessDenied``, ``RevisionMoved`` when it is no draft any more, ``OwnRevision`` when it is another's
    (who edits could not review), or ``Invalid``.
    """
    access.require(actor, KnowledgeAction.WRITE_SOP)
    revision = _locked(revision, RevisionState.DRAFT)
    if revision.author_id != actor.pk:
        raise OwnRevision(_("Only its author changes a draft."))
    for name, value in known_fields(changes, ("lang", "body")).items():
        setattr(revision, name, value)
    save_row(revision, RevisionMoved)
    if steps is not None:
        _write_steps(revision, steps)
    _note(revision, KnowledgeAction.WRITE_SOP, actor, now, verb="edited")
    return revision


@transaction.atomic
def submit_revision(revision: SopRevision, *, actor: Actor | Any, now: datetime | None = None) -> SopRevision:
    """Put a draft up for review. Raises ``AccessDenied``, ``RevisionMoved``, or ``Invalid`` without a step."""
    access.require(actor, KnowledgeAction.WRITE_SOP)
    revision = _locked(revision, RevisionState.DRAFT)
    if not revision.steps.exists():
        raise Invalid(_("A SOP needs at least one step."), fields={"steps": [_("At least one step.")]})
    revision.submitted_at = now or timezone.now()
    return _move(revision, RevisionState.IN_REVIEW, KnowledgeAction.WRITE_SOP, actor, now)


@transaction.atomic
def withdraw_revision(
    revision: SopRevision, *, actor: Actor | Any, now: datetime | None = None
) -> SopRevision:
    """Take a revision back from review, to change it. Raises ``AccessDenied``, ``OwnRevision``, ``RevisionMoved``."""
    access.require(actor, KnowledgeAction.WRITE_SOP)
    revision = _locked(revision, RevisionState.IN_REVIEW)
    if revision.author_id != actor.pk:
        raise OwnRevision(_("Only its author takes a revision back."))
    revision.submitted_at = None
    return _move(revision, RevisionState.DRAFT, KnowledgeAction.WRITE_SOP, actor, now)


@transaction.atomic
def approve_revision(
    revision: SopRevision, *, actor: Actor | Any, note: str = "", now: datetime | None = None
) -> SopRevision:
    """Put a revision in force. Publishes ``SopsChanged``.

    Raises ``AccessDenied``, also for programs, ``OwnRevision`` for its author and for those whose program that
    is, or ``RevisionMoved`` when it is not in review.
    """
    now = now or timezone.now()
    revision = _reviewed(revision, RevisionState.APPROVED, actor=actor, note=note, now=now)
    Sop.objects.filter(pk=revision.sop_id).update(current_revision=revision, updated_at=now)
    _announce(revision.sop_id, now)
    return revision


@transaction.atomic
def reject_revision(
    revision: SopRevision, *, actor: Actor | Any, note: str, now: datetime | None = None
) -> SopRevision:
    """Refuse a revision and say why. Raises as ``approve_revision``, or ``Invalid`` without a note."""
    if not note.strip():
        raise Invalid(_("Say what is missing."), fields={"note": [_("Say what is missing.")]})
    return _reviewed(revision, RevisionState.REJECTED, actor=actor, note=note, now=now or timezone.now())


def _reviewed(
    revision: SopRevision, state: RevisionState, *, actor: Any, note: str, now: datetime
) -> SopRevision:
    access.require(actor, KnowledgeAction.REVIEW_SOP)
    access.require_person(actor)
    revision = _locked(revision, RevisionState.IN_REVIEW)
    if revision.is_written_by(actor):
        raise OwnRevision()
    revision.reviewer = actor
    revision.reviewed_at, revision.note = now, note.strip()[:500]
    return _move(revision, state, KnowledgeAction.REVIEW_SOP, actor, now)


def _locked(revision: SopRevision, expected: RevisionState) -> SopRevision:
    """The row, locked and in the ``expected`` state. Raises ``RevisionMoved``."""
    locked = (
        SopRevision.objects.select_for_update(of=("self",))
        .select_related("sop", "author")
        .get(pk=revision.pk)
    )
    if locked.state != expected:
        raise RevisionMoved()
    return locked


def _move(
    revision: SopRevision,
    state: RevisionState,
    action: KnowledgeAction,
    actor: Actor | Any,
    now: datetime | None,
) -> SopRevision:
    if state not in REVISION_NEXT[RevisionState(revision.state)]:
        raise RevisionMoved()
    revision.state = state
    revision.save()
    _note(revision, action, actor, now, verb=str(state))
    return revision


def _write_steps(revision: SopRevision, steps: Iterable[StepText]) -> None:
    rows = [
        SopStep(revision=revision, position=at, **vars(step))
        for at, step in enumerate((step for step in steps if step.title.strip()), start=1)
    ]
    if len(rows) > MAX_STEPS:
        raise Invalid(_("At most %(count)s steps.") % {"count": MAX_STEPS})
    for row in rows:
        row.title = row.title.strip()[:120]
    revision.steps.all().delete()
    SopStep.objects.bulk_create(rows)


def _cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    fields = dict(known_fields(fields, SOP_FIELDS))
    if "keywords" in fields:
        fields["keywords"] = unique_texts(fields["keywords"])[:MAX_KEYWORDS]
    return fields


def _note(
    revision: SopRevision, action: KnowledgeAction, actor: Actor | Any, now: datetime | None, **data: Any
) -> None:
    audit.record(actor=actor, action=action, target=revision.sop, at=now, revision=revision.number, **data)


def _changed(sop: Sop, *, actor: Actor | Any, now: datetime, **data: Any) -> None:
    audit.record(actor=actor, action=KnowledgeAction.WRITE_SOP, target=sop, at=now, slug=sop.slug, **data)
    _announce(sop.pk, now)


def _announce(sop_id: int, now: datetime) -> None:
    move_stamp(KnowledgeStamp.SOPS)
    publish(SopsChanged((sop_id,), now))
