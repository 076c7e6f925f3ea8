"""Sending, cancelling and recalling messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.actors import ROBOT, SYSTEM, Actor
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import FILE_KINDS, ChatStatus, JoinMode, MessageKind
from apps.chat.errors import SessionClosed, TooLarge, WrongState
from apps.chat.log import Draft, Receipt
from apps.chat.models import Attachment, CancelledRef, ChatSession, Message
from apps.chat.permissions import ChatAction
from apps.chat.services.cards import CARDS, filled_card
from apps.chat.wire import is_storable
from apps.common.errors import AccessDenied, Invalid

MAX_BODY = 8_000  # characters
MAX_PAYLOAD = 16_000  # characters of its JSON
CLIENT_KINDS = frozenset(set(MessageKind.values) - {MessageKind.EVENT.value})
STAFF_KINDS = frozenset({MessageKind.NOTE, MessageKind.RECALL})
PLAIN_KINDS = frozenset({MessageKind.TEXT, MessageKind.NOTE})  # nothing in them is for the server to fill in


@transaction.atomic
def post_message(
    session: ChatSession | int,
    *,
    actor: Actor,
    ref: UUID,
    kind: str = MessageKind.TEXT,
    body: str = "",
    payload: dict | None = None,
    now: datetime | None = None,
) -> Receipt:
    """Store one message of a customer or an agent and give it a seq; a repeat gives the first receipt.

    Raises ``Invalid``, ``TooLarge``, ``AccessDenied``, ``Conflict``, ``Cancelled`` or ``SessionClosed``; then nothing
    was stored.
    """
    draft = checked_draft(actor, kind=kind, body=body, payload=payload)
    session = log.locked(session)
    _require_customer(session, actor)
    content_hash = draft.content_hash(actor)
    # Before asking whether they may: what was stored stays stored, though the chat has gone to somebody else since.
    repeat = log.find_repeat(session, ref=ref, content_hash=content_hash)
    if repeat is not None:
        return repeat
    _require_sender(session, actor, draft)
    _require_open(session, draft)
    now = now or timezone.now()
    draft = _completed(session, draft, actor)
    receipt = log.append(session, draft, actor=actor, ref=ref, now=now, content_hash=content_hash)
    if draft.kind == MessageKind.RECALL:
        _mark_recalled(session, actor, draft, receipt.seq)
    return receipt


def checked_draft(actor: Actor, *, kind: str, body: Any, payload: Any) -> Draft:
    """The message as far as it can be judged without the session. Raises ``Invalid`` or ``TooLarge``."""
    payload = {} if payload is None else payload
    if not isinstance(kind, str) or kind not in CLIENT_KINDS:
        raise Invalid(f"Unknown kind of message: {kind!r}.")
    if kind in STAFF_KINDS and actor.actor_kind == "customer":
        raise AccessDenied(_("Only agents can send this kind of message."))
    if not isinstance(body, str) or not isinstance(payload, dict):
        raise Invalid("`body` is a string and `payload` an object.")
    if not (is_storable(body) and is_storable(payload)):
        raise Invalid(_("The message has a character or a number that cannot be stored."))
    if len(body) > MAX_BODY or (payload and len(repr(payload)) > MAX_PAYLOAD):
        raise TooLarge()
    if kind in PLAIN_KINDS and not body.strip():
        raise Invalid(_("An empty message cannot be sent."))
    return Draft(kind, body, payload, internal=kind == MessageKind.NOTE)


def _require_customer(session: ChatSession, actor: Actor) -> None:
    if actor.actor_kind == "customer" and session.customer_id != actor.pk:
        raise AccessDenied()


def _require_sender(session: ChatSession, actor: Actor, draft: Draft) -> None:
    """The customer of the session, its agent, a supervisor who barged in; notes from all who may read it."""
    if actor.actor_kind == "customer":
        return
    access.require(actor, ChatAction.NOTE if draft.internal else ChatAction.SEND, session)
    if not draft.internal and not speaks_in(session, actor):
        raise AccessDenied(_("This chat is not yours. Accept it or join it first."))


def speaks_in(session: ChatSession, actor: Any) -> bool:
    """Whether a user may speak to the customer here: as the session's agent, or having barged in."""
    if session.agent_id == actor.pk:
        return True
    return session.participants.filter(user_id=actor.pk, mode=JoinMode.BARGE, left_at=None).exists()


def _require_open(session: ChatSession, draft: Draft) -> None:
    if session.is_open or (draft.internal and session.status == ChatStatus.WRAP_UP):
        return
    raise SessionClosed()


def _completed(session: ChatSession, draft: Draft, actor: Actor) -> Draft:
    """The draft with what the server knows better: the facts of the file, order or article that it names."""
    if draft.kind in CARDS:
        return filled_card(session, draft, actor=actor)
    if draft.kind not in FILE_KINDS:
        return draft
    attachment = _attachment(session, draft.payload.get("attachment"))
    if draft.kind == MessageKind.IMAGE and not attachment.is_image:
        raise Invalid(_("This file is not an image."))
    facts = {
        "attachment": str(attachment.public_id),
        "name": attachment.name,
        "mime": attachment.mime,
        "size": attachment.size,
        "width": attachment.width,
        "height": attachment.height,
    }
    return Draft(draft.kind, draft.body, facts, draft.internal)


def _attachment(session: ChatSession, public_id: Any) -> Attachment:
    try:
        found = Attachment.objects.filter(session=session, public_id=UUID(str(public_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise Invalid("Upload the file first, then send its id as `payload.attachment`.")
    return found


def _mark_recalled(session: ChatSession, actor: Actor, draft: Draft, recall_seq: int) -> None:
    """Blank the agent's own line ``payload.seq`` from now on. Raises ``WrongState`` when there is none such."""
    seq = draft.payload.get("seq")
    own = Message.objects.filter(
        session=session,
        seq=seq if type(seq) is int else 0,
        sender_kind="agent",
        sender_id=actor.pk,
    )
    if not own.exclude(kind=MessageKind.EVENT).filter(recalled_by=None).update(recalled_by=recall_seq):
        raise WrongState(_("Only your own message can be recalled, and only once."))


@dataclass(frozen=True)
class CancelResult:
    """What became of a message whose sender gave up: its receipt when it was stored after all."""

    receipt: Receipt | None


@transaction.atomic
def cancel_message(
    session: ChatSession | int, *, actor: Actor, ref: UUID, now: datetime | None = None
) -> CancelResult:
    """Give ``ref`` up: either it was stored, or it never will be. Safe to repeat.

    Raises ``AccessDenied`` for somebody who could not have sent it.
    """
    session = log.locked(session)
    _require_customer(session, actor)
    stored = log.known(session, ref)
    if stored is None:
        return _bury(session, actor, ref, now or timezone.now())
    if (stored.sender_kind, stored.sender_id) != (log.SENDER_KINDS.get(actor.actor_kind), actor.pk):
        raise AccessDenied()
    return CancelResult(Receipt(ref=ref, seq=stored.seq, at=stored.at, repeated=True))


def _bury(session: ChatSession, actor: Actor, ref: UUID, now: datetime) -> CancelResult:
    """Put the tombstone that refuses a late copy."""
    if actor.actor_kind != "customer":
        access.require(actor, ChatAction.NOTE, session)
    CancelledRef.objects.get_or_create(session=session, ref=ref, defaults={"at": now})
    return CancelResult(None)


@transaction.atomic
def post_bot_message(
    session: ChatSession | int,
    *,
    body: str,
    kind: str = MessageKind.TEXT,
    payload: dict | None = None,
    ref: UUID | None = None,
    now: datetime | None = None,
) -> Receipt | None:
    """What the robot says. None when it no longer may: the session has left the robot. Repeat-safe by ``ref``."""
    session = log.locked(session)
    ref = ref or uuid4()
    draft = Draft(kind, body, payload or {})
    content_hash = draft.content_hash(ROBOT)
    repeat = log.find_repeat(session, ref=ref, content_hash=content_hash)
    if repeat is not None:
        return repeat
    if session.status != ChatStatus.BOT:
        return None
    draft = _completed(session, draft, ROBOT)
    now = now or timezone.now()
    return log.append(session, draft, actor=ROBOT, ref=ref, now=now, content_hash=content_hash)


@transaction.atomic
def post_event(
    session: ChatSession | int,
    event: str,
    text: str,
    *,
    actor: Actor = SYSTEM,
    internal: bool = False,
    now: datetime | None = None,
    **payload: object,
) -> Receipt:
    """Add a system line, also to a closed session (it was rated, say). For apps above the chat."""
    session = log.locked(session)
    now = now or timezone.now()
    receipt = log.append_event(session, event, text, actor=actor, now=now, internal=internal, **payload)
    audit.record(actor=actor, action="chat:PostEvent", target=session, at=now, event=event)
    return receipt
