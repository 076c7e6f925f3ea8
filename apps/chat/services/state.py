"""What several services ask of a session, and how the world hears of its state."""

from typing import Any

from django.utils.translation import gettext as _

from apps.access import services as access
from apps.chat import log
from apps.chat.errors import SessionClosed
from apps.chat.models import ChatSession
from apps.common.errors import AccessDenied
from apps.common.events import after_commit
from apps.common.wake import wake


def require_own_or_supervised(session: ChatSession, actor: Any, action: str) -> None:
    """Raise ``AccessDenied`` unless the chat is the user's own, its queue is theirs to watch, or any is."""
    access.require(actor, action, session)
    if actor.actor_kind != "user" or session.agent_id == actor.pk or access.can(actor, f"{action}Any"):
        return
    if session.queue is None or not actor.has_perm("routing.supervise_queue", session.queue):
        raise AccessDenied(_("This chat belongs to a colleague."))


def require_live(session: ChatSession) -> None:
    """Raise ``SessionClosed`` when the customer can no longer write."""
    if not session.is_open:
        raise SessionClosed()


def push_state(session: ChatSession, *, by: str = "") -> None:
    """After commit, everybody who follows the session learns its new state; its agent begins to follow it.

    ``by``: a side to which it is nothing new, as it came or went itself.
    """
    _ring(log.session_group(session.pk), "chat.state", session, side=by)
    if session.agent_id:
        _ring(log.user_group(session.agent_id), "chat.moved", session)


def _ring(group: str, event: str, session: ChatSession, **more: str) -> None:
    after_commit(wake, group, type=event, session_pk=session.pk, **more)
