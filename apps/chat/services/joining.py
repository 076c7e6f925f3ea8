"""Supervisors in somebody else's chat."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access import services as access
from apps.access.models import User
from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import ChatStatus, JoinMode
from apps.chat.errors import WrongState
from apps.chat.models import ChatSession, Participant
from apps.chat.permissions import ChatAction
from apps.chat.services.handoff import hand_off
from apps.chat.services.state import push_state, require_live
from apps.chat.services.transfers import give_to_agent
from apps.common.errors import Invalid

JOIN_ACTIONS = {
    JoinMode.SILENT: ChatAction.JOIN_SILENT,
    JoinMode.WHISPER: ChatAction.JOIN_WHISPER,
    JoinMode.BARGE: ChatAction.JOIN_BARGE,
    JoinMode.TAKEOVER: ChatAction.JOIN_TAKEOVER,
}


@transaction.atomic
def join_session(
    session: ChatSession | int, *, actor: User, mode: str, now: datetime | None = None
) -> ChatSession:
    """Take part in somebody else's chat: watch, whisper, speak, or take it over. Each is its own permission."""
    if mode not in JoinMode.values:
        raise Invalid(f"Join as one of: {', '.join(JoinMode.values)}.")
    session, now = log.locked(session), now or timezone.now()
    access.require(actor, JOIN_ACTIONS[JoinMode(mode)], session)
    require_live(session)
    if session.agent_id == actor.pk:
        raise WrongState(_("This chat is yours already."))
    audit.record(actor=actor, action=JOIN_ACTIONS[JoinMode(mode)], target=session, at=now)
    if mode == JoinMode.TAKEOVER:
        return _take_over(session, actor, now)
    Participant.objects.update_or_create(
        session=session, user=actor, left_at=None, defaults={"mode": mode, "joined_at": now}
    )
    name = actor.actor_label
    text, hidden = f"{name} joined the chat.", mode != JoinMode.BARGE
    log.append_event(session, "joined", text, actor=actor, now=now, internal=hidden, mode=mode, agent=name)
    push_state(session)
    return session


def _take_over(session: ChatSession, actor: User, now: datetime) -> ChatSession:
    if session.status == ChatStatus.BOT:
        hand_off(session, actor=actor, reason="takeover", now=now)
    return give_to_agent(session, actor, actor=actor, note="", now=now)


@transaction.atomic
def leave_session(session: ChatSession, *, actor: User, now: datetime | None = None) -> None:
    """Stop watching a chat that was joined."""
    now = now or timezone.now()
    left = Participant.objects.filter(session=session, user=actor, left_at=None).update(left_at=now)
    if left:
        audit.record(actor=actor, action="chat:LeaveSession", target=session, at=now)
        push_state(session)
