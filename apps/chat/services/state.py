"""What several services ask of a session, and how the world hears of its state."""

from functools import partial
from typing import Any

from django.db import transaction

from apps.access import services as access
from apps.chat import log
from apps.chat.errors import SessionClosed
from apps.chat.models import ChatSession
from apps.common.errors import AccessDenied
from apps.common.wake import wake


def require_own_or_supervised(session: ChatSession, actor: Any, action: str) -> None:
    """Raise ``AccessDenied`` unless the chat is the user's own, its queue is theirs to watch, or any is."""
    access.require(actor, action, session)
    if actor.actor_kind != "user" or session.agent_id == actor.pk or access.can(actor, f"{action}Any"):
        return
    if session.queue is None or not actor.has_perm("routing.supervise_queue", session.queue):
        raise AccessDenied("This chat belongs to a colleague.")


def require_live(session: ChatSession) -> None:
    """Raise ``SessionClosed`` when the customer can no longer write."""
    if not session.is_open:
        raise SessionClosed()


def push_state(session: ChatSession) -> None:
    """After commit, everybody who follows the session learns its new state; lists of its queue and agent move."""
    groups = [log.session_group(session.pk)]
    if session.agent_id:
        groups.append(log.user_group(session.agent_id))
    if session.queue_id:
        groups.append(log.queue_group(session.queue_id))
    for group in groups:
        transaction.on_commit(
            partial(wake, group, type="chat.state", session_pk=session.pk, public_id=session.public_id),
            robust=True,
        )
