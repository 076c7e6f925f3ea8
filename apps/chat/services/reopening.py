"""Going on with a chat that has ended."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import services as audit
from apps.chat import log
from apps.chat.enums import ChatStatus
from apps.chat.errors import ReopenWindowOver, WrongState
from apps.chat.models import ChatSession
from apps.chat.services.handoff import hand_off
from apps.chat.services.sessions import LIVE_CONSTRAINT
from apps.chat.services.state import push_state
from apps.common.errors import AccessDenied
from apps.customers.models import Customer


@transaction.atomic
def reopen_session(
    session: ChatSession | int, *, actor: Customer, now: datetime | None = None
) -> ChatSession:
    """Go on with an ended session within the inbox's window: to the agent who still writes it up, else back to the
    robot, or into the queue where a human had it.

    Raises ``ReopenWindowOver``, or ``WrongState`` when the customer has another live session by now.
    """
    session, now = log.locked(session), now or timezone.now()
    if session.customer_id != actor.pk:
        raise AccessDenied()
    if session.is_open:
        return session
    if not session.is_reopenable(now):
        raise ReopenWindowOver()
    former = session.agent if session.status == ChatStatus.CLOSED else None
    _open_again(session, now)
    log.append_event(session, "reopened", "The chat goes on.", actor=actor, now=now)
    audit.record(actor=actor, action="chat:ReopenSession", target=session, at=now)
    if former is not None:
        hand_off(session, actor=actor, reason="reopened", preferred_agent=former, now=now)
    push_state(session)
    return session


def _open_again(session: ChatSession, now: datetime) -> None:
    """Bring the row back to its agent or to the robot. The constraint refuses when another chat is going on."""
    session.status = ChatStatus.ACTIVE if session.status == ChatStatus.WRAP_UP else ChatStatus.BOT
    if session.status == ChatStatus.BOT:
        session.agent = None
    session.close_reason = session.closed_at = session.ended_at = session.warned_at = None
    # Asking for more is a sign of life: the rules about silence count from here.
    session.customer_wrote_at = now
    fields = ["status", "close_reason", "closed_at", "ended_at", "warned_at", "agent", "customer_wrote_at"]
    try:
        with transaction.atomic():
            session.save(update_fields=fields)
    except IntegrityError as error:
        if LIVE_CONSTRAINT not in str(error):
            raise
        raise WrongState(_("You already have another chat open.")) from error
