"""Looking again at whoever is behind agents' sockets: who they are, and what they may do at this moment."""

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone

from apps.access import services as access
from apps.access import vendors
from apps.access.models import User
from apps.access.signin.sessions import user_behind
from apps.access.standings import Standing, standings_of
from apps.access.viewing import SEE_PERSONAL_DATA
from apps.chat import selectors
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.chat.takers import NEEDED
from apps.common import context
from apps.common.context import RequestContext
from apps.routing import selectors as routing

WRITING = (ChatAction.SEND, ChatAction.NOTE)
ASKED = (*ChatAction, SEE_PERSONAL_DATA)


@dataclass(frozen=True)
class Pass:
    """What somebody showed at the door; looked at again for as long as they stay."""

    token: str = ""
    session_key: str = ""
    ip: str | None = None  # from where

    def user_of_session(self) -> User | None:
        """Whom the cookie names at this moment: None once it is over, signed out, or its user inactive."""
        return user_behind(self.session_key)

    def situation(self, user: User) -> dict[str, Any]:
        """What conditions may ask about this socket, whenever it is looked at."""
        mfa = bool((user.facts or {}).get("mfa", False))
        return {"acs:sourceip": self.ip, "acs:mfapresent": mfa, "helpdesk:source": "socket"}

    def situated(
        self, user: User, *, standing: Standing | None = None
    ) -> AbstractContextManager[RequestContext]:
        """The same for what is asked within: whoever rang the bell is not the one who asks.

        ``standing`` is theirs by a look of this moment; without it is asked anew.
        """
        facts, memo = dict(user.facts or {}), standing.memo() if standing else {}
        return context.use(RequestContext(ip=self.ip, source="socket", memo=memo, facts=facts))


@dataclass(frozen=True)
class Look:
    """All that a sweep compares an agent's socket with."""

    user: User | None  # None: signed out, revoked, expired or inactive
    held: frozenset[str] = frozenset()  # actions; none while a partner's person is kept out
    masked: bool = False
    followed: frozenset[int] = frozenset()  # sessions
    hidden: frozenset[int] = frozenset()  # sessions that are theirs and that they may not read
    writable: frozenset[tuple[str, int]] = frozenset()  # action and session, of the user's own
    offers: frozenset[str] = frozenset()  # of chats that they may take
    standing: Standing | None = None
    at: float = 0.0  # monotonic, when the reading began

    @property
    def admits(self) -> bool:
        """Whether somebody is there who has any business with chats."""
        return self.user is not None and ChatAction.READ in self.held

    def may_hear(self, action: str) -> bool:
        """Whether news for those who may do ``action`` are for them."""
        return self.standing is not None and bool(self.standing.held([action]))


def look(passes: Sequence[Pass]) -> list[Look]:
    """Whom the passes name at this moment, what they may do, and what is theirs: a few queries for all of them."""
    began = time.monotonic()
    with context.use(RequestContext()):
        return [replace(one, at=began) for one in _looks(passes)]


def _looks(passes: Sequence[Pass]) -> list[Look]:
    by_token = access.users_of_tokens(shown.token for shown in passes if shown.token)
    users = [by_token.get(shown.token) if shown.token else shown.user_of_session() for shown in passes]
    people = {user.pk: user for user in users if user is not None}
    prefetch_related_objects([user for user in users if user is not None and user.vendor_id], "vendor")
    standings, chats, offers = _standings(passes, users), defaultdict(list), _offers(people)
    for user_pk, *chat in ChatSession.objects.followings(people):
        chats[user_pk].append(chat)
    return [
        _look(standings[at], shown, chats[user.pk], offers[user.pk]) if user else Look(None)
        for at, (user, shown) in enumerate(zip(users, passes, strict=True))
    ]


def _standings(passes: Sequence[Pass], users: Sequence[User | None]) -> dict[int, Standing]:
    """How whoever is behind each pass stands, there and as they signed in; by position."""
    known = {at: user for at, user in enumerate(users) if user is not None}
    callers = [(user, passes[at].situation(user)) for at, user in known.items()]
    return dict(zip(known, standings_of(callers), strict=True))


def _offers(people: Iterable[int]) -> dict[int, list[tuple[str, str, str]]]:
    """Offer, slugs of queue and inbox, by whom is being asked; a second query only where somebody is."""
    rows = list(routing.pending_offers_of(people, kind=selectors.KIND))
    asked = ChatSession.objects.filter(pk__in={item for _user, _offer, item, _queue in rows})
    inboxes = dict(asked.values_list("pk", "inbox__slug")) if rows else {}
    found = defaultdict(list)
    for user, offer, item, queue in rows:
        found[user].append((offer, queue, inboxes.get(item, "")))
    return found


def _look(standing: Standing, shown: Pass, chats: Iterable[Sequence], offers: Iterable[Sequence]) -> Look:
    user, held = standing.user, standing.held(ASKED)
    masked = user.vendor_id is not None or SEE_PERSONAL_DATA not in held
    if vendors.refuses(user, now=timezone.now(), ip=shown.ip):
        held = frozenset()

    @cache
    def may(action: str, queue: str | None, inbox: str) -> bool:
        return standing.may(action, ChatSession, {"queue": queue, "inbox": inbox})

    followed = frozenset(pk for pk, _agent, *place in chats if may(ChatAction.READ, *place))
    hidden = frozenset(pk for pk, *_ in chats) - followed
    own = [(pk, place) for pk, agent, *place in chats if agent == user.pk]
    writable = frozenset((action, pk) for action in WRITING for pk, place in own if may(action, *place))
    asked = frozenset(offer for offer, *place in offers if all(may(action, *place) for action in NEEDED))
    return Look(user, held & frozenset(ChatAction), masked, followed, hidden, writable, asked, standing)
