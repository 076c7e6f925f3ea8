"""Who may be given a chat: a person who is named for it, and is not the one who asks."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from apps.access.models import User
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.chat.selectors import KIND
from apps.routing import selectors as routing
from apps.routing.able import Needed, needs, standings_of_seated
from apps.routing.models import Queue, QueueEntry

NEEDED = (ChatAction.ACCEPT, ChatAction.READ)


@needs(KIND)
def needed(entry: QueueEntry) -> Needed:
    """What dispatch asks of whom it offers a chat."""
    inbox = ChatSession.objects.filter(pk=entry.item_id).values_list("inbox__slug", flat=True).first()
    there = ChatSession.objects.filter(pk=OuterRef("item_id"), inbox__slug=inbox)
    return Needed(NEEDED, ChatSession, {"queue": entry.queue.slug, "inbox": inbox}, Q(Exists(there)))


def takers(session: ChatSession, users: Iterable[User]) -> frozenset[int]:
    """The keys of those ``users`` who could take ``session`` in its queue, and read it, if it were not theirs yet.

    A few queries for all of them.
    """
    queue, insiders = session.queue, _insiders(session)
    slugs = {"queue": queue.slug if queue else None, "inbox": session.inbox.slug}
    return frozenset(
        one.user.pk
        for one in standings_of_seated(users)
        if all(one.may(action, ChatSession, slugs, is_member=one.user.pk in insiders) for action in NEEDED)
    )


def _insiders(session: ChatSession) -> set[int]:
    """Who serves or supervises the chat's queue."""
    queues = [session.queue_id] if session.queue_id else []
    pairs = [
        pair for codename in Queue.SCOPE_PERMISSIONS for pair in routing.memberships(codename, queues=queues)
    ]
    return {user for _queue, user in pairs}
