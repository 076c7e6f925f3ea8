"""``/ws/agent/``: an agent's console, or an API client that chats for one."""

from typing import Any

from django.conf import settings
from django.http import parse_cookie
from django.utils import timezone

from apps.access.preferences import known_locale
from apps.chat import selectors
from apps.chat.consumers import agent_reads as reads
from apps.chat.consumers.agent_commands import AgentCommands
from apps.chat.consumers.agent_opening import Opening, open_desk
from apps.chat.consumers.codes import FORBIDDEN, NOT_SIGNED_IN, TRY_AGAIN
from apps.chat.consumers.heads import Heads
from apps.chat.consumers.looks import Look, Pass, look
from apps.chat.consumers.origins import header, is_own_origin, origin_of
from apps.chat.consumers.tail import Tail
from apps.chat.enums import SenderKind, Side
from apps.chat.frames import Frame, welcome_frame
from apps.chat.log import Draft, session_group, user_group
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.chat.wire import pack
from apps.common import context
from apps.common.aio import run_db


class AgentConsumer(AgentCommands):
    """Follows all chats of the user, offers, queue figures and own presence."""

    side, other_side = Side.AGENT, Side.CUSTOMER

    def labels(self) -> dict[str, str]:
        return {"actor": f"user:{self.actor.pk}"}

    def facts(self) -> dict[str, Any]:
        return dict(self.actor.facts or {})

    def is_own(self, sender_kind: str, sender_id: int | None) -> bool:
        return sender_kind == SenderKind.AGENT and sender_id == self.actor.pk

    def answers_for(self, session: ChatSession) -> bool:
        """What a watching colleague misses is not missing to the customer."""
        return session.agent_id == self.actor.pk

    def locate(self, frame: Frame) -> ChatSession:
        session = selectors.visible_session(self.actor, frame.get("session"))
        context.label(session=session.public_id)
        return session

    def may_write(self, tail: Tail, draft: Draft) -> bool:
        """In own chats, as far as the last look went; who joined somebody else's is looked at each time."""
        action = ChatAction.NOTE if draft.internal else ChatAction.SEND
        return (action, tail.pk) in self._look.writable and tail.state[1] == self.actor.pk

    # Opening

    def admitted(self) -> bool:
        """A page of another site never gets as far as a hello."""
        return not origin_of(self.scope) or is_own_origin(self.scope)

    async def hello(self, frame: Frame) -> bool:
        shown = self._shown_pass(frame.get("token"))
        if shown is None:
            return self.admit(Look(None))
        found = await run_db(open_desk, shown, frame.get("cursors"), self.hub)
        if not self.admit(found.look):
            return False
        self.shown = shown  # looked at by the sweep from now on: what was found is never older than its look
        self.speak(known_locale(self.actor.locale))
        await self._open(found)
        return not self.closing

    def admit(self, look: Look) -> bool:
        """Take over who the peer is at this moment and what it may do; false after closing the connection.

        A look that began before the last one gives nothing back.
        """
        if look.at < self._look.at:
            return not self.closing
        if not look.admits:
            self.shut(NOT_SIGNED_IN if look.user is None else FORBIDDEN, now=True)
        if look.masked and not self.masked and self._outbox:
            self.shut(TRY_AGAIN, now=True)  # what waits was packed whole
        if look.user is None or self.closing:
            return False
        self._look, self.actor, self.masked = look, look.user, look.masked
        for session_pk in look.hidden & self.tails.keys():
            self.drop(self.tails[session_pk].public_id)
            self._remove(session_pk)
        return True

    def _remove(self, session_pk: int) -> None:
        """Follow a chat no longer, and say so; never waits."""
        tail = self.tails[session_pk]
        self.unfollow(session_pk)
        self.put(pack({"type": "session_removed", "session": tail.public_id}))

    def _shown_pass(self, token: Any) -> Pass | None:
        """The bearer token; else the cookie, which only counts from a page of ours."""
        if isinstance(token, str) and token:
            return Pass(token=token, ip=self._client() or None)
        key = parse_cookie(header(self.scope, b"cookie")).get(settings.SESSION_COOKIE_NAME)
        shown = Pass(session_key=key or "", ip=self._client() or None)
        return shown if key and origin_of(self.scope) else None

    async def _open(self, found: Opening) -> None:
        """Read first, subscribe afterwards: what was told in between is heard once they are welcome."""
        self.join_group(user_group(self.actor.pk))
        tails = [(self.follow(session), session, cursor) for session, cursor in found.starts]
        meanwhile = self.hub.rung_since(found.rung, *self.groups)
        self._watch(found.queues)
        await self.learn(*self.tails.values())
        await self.send_frame(welcome_frame(found.rows, now=timezone.now(), me=found.me))
        for event in meanwhile:
            if event["type"] != "chat.typing":  # they may have stopped, and told so since
                self.wake(event)
        for tail, session, cursor in tails:
            await self.replay(tail, session, cursor, found.pages.get(session.pk))
        if not self.closing:
            await self._tell_offers(found.offers)
            await self._send_board()

    async def renew(self) -> None:
        """Keep the seat, and the place among the viewers; orders may name somebody new."""
        await run_db(reads.renew_lease, self.actor, self.shown)
        await self.learn(*self.tails.values(), again=True)
        await self._watch_queues()
        if self.watching:
            await run_db(reads.note_viewer, self.watching, self.actor)

    # Wake-ups

    async def chat_state(self, event: Frame) -> None:
        await self._follow_state(event["session_pk"])

    async def chat_moved(self, event: Frame) -> None:
        """A chat may have come to this user; of those that are followed already, ``chat.state`` tells."""
        if event["session_pk"] not in self.tails:
            await self._start_following(event["session_pk"])

    async def _follow_state(self, session_pk: int) -> None:
        """The new state; and the end of following when the chat has left this user."""
        tail = self.tails.get(session_pk)
        if tail is None:
            return
        await self.send_state(session_pk)
        if not await run_db(reads.is_followed, self.actor, self.shown, session_pk) and self.follows(tail):
            self._remove(session_pk)

    def unfollow(self, session_pk: int) -> None:
        super().unfollow(session_pk)
        if self.watching and self.watching.pk == session_pk and not self.closing:
            self.join_group(session_group(session_pk))

    async def _start_following(self, session_pk: int) -> None:
        session = await run_db(reads.followed_one, self.actor, self.shown, session_pk)
        if session is None or session_pk in self.tails:
            return
        await run_db(reads.note_opened, self.actor, session)
        called = await run_db(selectors.names_in, session_pk) if self.masked else None
        if session_pk in self.tails:  # another bell was faster
            return
        tail = self.follow(session)
        tail.names = called
        await self.send_state(session_pk)
        await self.replay(tail, session, 0)

    async def agent_access(self, event: Frame) -> None:
        """Something about this user's rights has changed: look at once, instead of with the next sweep."""
        found = await run_db(look, [self.shown])
        if self.admit(found[0]):
            await self._watch_queues()

    # Sweep

    async def sweep(self, heads: Heads, look: Look | None = None) -> None:
        """Also chats and offers whose wake-up was lost."""
        if look is None:
            return
        await super().sweep(heads)
        if look.offers != self.offers:
            await self._sync_offers()
        for session_pk in look.followed - self.tails.keys():
            await self._start_following(session_pk)
        for session_pk in self.tails.keys() - look.followed:
            await self._follow_state(session_pk)
