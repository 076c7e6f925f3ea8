"""Who may be given a chat: a person who is named for it, and is not the one who asks."""

from collections.abc import Iterable

from django.db.models import prefetch_related_objects

from apps.access.models import User
from apps.access.others import asked_apart
from apps.access.standings import standings_of
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.routing import selectors as routing
from apps.routing.models import Queue

NEEDED = (ChatAction.ACCEPT, ChatAction.READ)


def takers(session: ChatSession, users: Iterable[User]) -> frozenset[int]:
    """The keys of those ``users`` who could take ``session`` in its queue, and read it, if it were not theirs yet.

    A few queries for all of them.
    """
    users, queue = list(users), session.queue
    prefetch_related_objects([user for user in users if user.vendor_id], "vendor")
    insiders = _insiders(session)
    slugs = {"queue": queue.slug if queue else None, "inbox": session.inbox.slug}
    with asked_apart():
        standings = standings_of([(user, {}) for user in users])
    return frozenset(
        one.user.pk
        for one in standings
        if all(one.may(action, ChatSession, slugs, is_member=one.user.pk in insiders) for action in NEEDED)
    )


def _insiders(session: ChatSession) -> set[int]:
    """Who serves or supervises the chat's queue."""
    queues = [session.queue_id] if session.queue_id else []
    pairs = [
        pair for codename in Queue.SCOPE_PERMISSIONS for pair in routing.memberships(codename, queues=queues)
    ]
    return {user for _queue, user in pairs}
