"""The end of a session: for its customer, and for good."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access.actors import SYSTEM, Actor
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import AGENT_REASONS, ChatStatus, CloseReason
from apps.chat.errors import WrongState
from apps.chat.events import ChatSessionClosed, ChatSessionClosing
from apps.chat.models import ChatSession, WrapUp
from apps.chat.permissions import ChatAction
from apps.chat.selectors import KIND
from apps.chat.services.state import push_state, require_own_or_supervised
from apps.common.errors import AccessDenied, Invalid
from apps.common.events import publish
from apps.routing import services as routing

MAX_CODE, MAX_NOTE = 40, 4_000  # characters


@transaction.atomic
def close_session(
    session: ChatSession | int, *, actor: Actor, reason: str = "", now: datetime | None = None
) -> ChatSession:
    """End a session for good, once: frees the agent, offers the survey, writes the reason. Repeats change nothing.

    A customer ends only the own one, and not what is over for them already; users need it to be theirs, or supervise
    its queue. Raises ``AccessDenied``.
    """
    session = log.locked(session)
    reason = _reason(session, actor, reason)
    if session.status == ChatStatus.CLOSED or (
        actor.actor_kind == "customer" and session.ended_at is not None
    ):
        return session
    now = now or timezone.now()
    _leave_work(session, reason=reason, now=now)
    _end_for_customer(session, actor, reason, now)
    session.status, session.close_reason, session.closed_at = ChatStatus.CLOSED, reason, now
    session.save(update_fields=["status", "close_reason", "closed_at", "ended_at", "waiting_since"])
    session.participants.filter(left_at=None).update(left_at=now)
    audit.record(actor=actor, action=ChatAction.CLOSE, target=session, at=now, reason=reason)
    publish(ChatSessionClosed(session.pk, reason, now))
    push_state(session)
    return session


def _reason(session: ChatSession, actor: Actor, reason: str) -> str:
    """The reason from the closed list that ``actor`` may give; agents' own words become ``agent_closed``."""
    if actor.actor_kind == "customer":
        if session.customer_id != actor.pk:
            raise AccessDenied()
        return CloseReason.CUSTOMER_ENDED
    if actor.actor_kind == "user":
        require_own_or_supervised(session, actor, ChatAction.CLOSE)
        return reason if reason in AGENT_REASONS else CloseReason.AGENT_CLOSED
    return CloseReason(reason)


def _leave_work(session: ChatSession, *, reason: str, now: datetime) -> None:
    if session.status == ChatStatus.QUEUED:
        routing.leave_queue(KIND, session.pk, reason=reason, actor=SYSTEM, now=now)
    elif session.status in (ChatStatus.ACTIVE, ChatStatus.WRAP_UP):
        routing.release(KIND, session.pk, reason=reason, actor=SYSTEM, now=now)


def _end_for_customer(session: ChatSession, actor: Actor, reason: str, now: datetime) -> None:
    """The customer can no longer write: rows of apps above (the survey) and the last line, once."""
    if session.ended_at is not None:
        return
    session.ended_at, session.waiting_since = now, None
    publish(ChatSessionClosing(session.pk, reason, now))
    log.append_event(session, "closed", "The chat has ended.", actor=actor, now=now, reason=str(reason))


@transaction.atomic
def wrap_up_session(
    session: ChatSession | int,
    *,
    actor: Actor,
    code: str = "",
    note: str = "",
    now: datetime | None = None,
) -> ChatSession:
    """Write up a chat. An active one is over for its customer now, and the agent's seat stays taken until ``close``.

    Raises ``AccessDenied``, ``WrongState`` while no agent has had it, ``Invalid`` for an unusable code.
    """
    session = log.locked(session)
    require_own_or_supervised(session, actor, ChatAction.CLOSE)
    if session.agent_id is None:
        raise WrongState(_("Only a chat that an agent has taken can be written up."))
    _check_wrap_up(code, note)
    now = now or timezone.now()
    if session.status == ChatStatus.ACTIVE:
        _end_for_customer(session, actor, CloseReason.RESOLVED, now)
        session.status = ChatStatus.WRAP_UP
        session.save(update_fields=["status", "ended_at", "waiting_since"])
        push_state(session)
    written = {"agent": session.agent, "code": code, "note": note, "written_at": now}
    WrapUp.objects.update_or_create(session=session, defaults=written)
    audit.record(actor=actor, action="chat:WrapUpSession", target=session, at=now, code=code)
    return session


def _check_wrap_up(code: object, note: object) -> None:
    texts = isinstance(code, str) and isinstance(note, str) and "\x00" not in code + note
    if not texts or len(code) > MAX_CODE or len(note) > MAX_NOTE:  # type: ignore[arg-type]
        raise Invalid(_("A wrap-up has a code of at most 40 characters and a note of at most 4,000."))
