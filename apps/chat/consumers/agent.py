"""``/ws/agent/``: an agent's console, or an API client that chats for one."""

import asyncio
import time
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.http import parse_cookie
from django.utils import timezone

from apps.access.models import User
from apps.access.names import NOBODYS
from apps.access.preferences import known_locale
from apps.chat import selectors, services
from apps.chat.consumers import agent_reads as reads
from apps.chat.consumers.chatting import ChattingConnection
from apps.chat.consumers.codes import FORBIDDEN, NOT_SIGNED_IN, TRY_AGAIN
from apps.chat.consumers.following_reads import cursor_of
from apps.chat.consumers.heads import Heads
from apps.chat.consumers.hub import BOARD_EVERY_S
from apps.chat.consumers.looks import Look, Pass, look
from apps.chat.consumers.origins import header, is_own_origin, origin_of
from apps.chat.consumers.tail import Tail
from apps.chat.enums import SenderKind, Side
from apps.chat.frames import Frame, welcome_frame
from apps.chat.log import Draft, queue_group, session_group, user_group
from apps.chat.masked import mask_frame
from apps.chat.models import ChatSession
from apps.chat.permissions import ChatAction
from apps.chat.wire import pack
from apps.common import context
from apps.common.aio import run_db
from apps.common.errors import Invalid
from apps.routing import services as routing

NOW = "now"


class AgentConsumer(ChattingConnection):
    """Follows all chats of the user, offers, queue figures and own presence."""

    side, other_side = Side.AGENT, Side.CUSTOMER
    actor: User

    def __init__(self) -> None:
        super().__init__()
        self.offers: set[str] = set()
        self.watching: ChatSession | None = None
        self._offering = asyncio.Lock()  # so that no offer is told twice
        self._look = Look(None)  # the last one
        self._queues: frozenset[int] = frozenset()
        self._rung_at = time.monotonic() - BOARD_EVERY_S  # the last time that a queue moved

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

    commands = ChattingConnection.commands | {
        "presence", "accept", "decline", "transfer", "wrap_up", "close", "join", "leave", "watch", "unwatch"
    }  # fmt: skip

    def may_write(self, tail: Tail, draft: Draft) -> bool:
        """In own chats, as far as the last look went; who joined somebody else's is looked at each time."""
        action = ChatAction.NOTE if draft.internal else ChatAction.SEND
        return (action, tail.pk) in self._look.writable and tail.state[1] == self.actor.pk

    # Opening

    def admitted(self) -> bool:
        """A page of another site never gets as far as a hello."""
        return not origin_of(self.scope) or is_own_origin(self.scope)

    async def hello(self, frame: Frame) -> bool:
        self.shown = self._shown_pass(frame.get("token"))
        found = await run_db(look, [self.shown]) if self.shown else [Look(None)]
        if not self.admit(found[0]):
            return False
        self.speak(known_locale(self.actor.locale))
        await self._open(frame.get("cursors"))
        return not self.closing

    def admit(self, look: Look) -> bool:
        """Take over who the peer is at this moment and what it may do; false after closing the connection.

        A look that began before the last one gives nothing back.
        """
        if look.at < self._look.at:
            return not self.closing
        if look.user is None or ChatAction.READ not in look.held:
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

    async def _open(self, cursors: Any) -> None:
        self.join_group(user_group(self.actor.pk))
        await run_db(self._renew_lease)
        sessions = await run_db(reads.followed, self.actor, self.shown)
        await run_db(reads.note_opened, self.actor, *sessions)
        starts = [(session, _start_of(cursors, session)) for session in sessions]
        tails = [(self.follow(session), session, cursor) for session, cursor in starts]
        await self.learn(*self.tails.values())
        rows, me = await run_db(reads.welcome, self.actor, self.shown)
        await self.send_frame(welcome_frame(rows, now=timezone.now(), me=me))
        for tail, session, cursor in tails:
            await self.replay(tail, session, cursor)
        if not self.closing:
            await self._sync_offers()
            await self._watch_queues()
            await self._send_board()

    async def _watch_queues(self) -> None:
        """Hear of moves in the queues that the user may see, and of no others."""
        queues = await run_db(reads.visible_queues, self.actor, self.shown)
        for queue_pk in self._queues - queues:
            self.leave_group(queue_group(queue_pk))
        for queue_pk in queues - self._queues:
            self.join_group(queue_group(queue_pk))
        self._queues = queues

    def _renew_lease(self) -> None:
        routing.renew_lease(self.actor, situation=self.shown.situation(self.actor))

    async def left(self) -> None:
        if self.watching:
            await self._unwatch()

    async def renew(self) -> None:
        """Keep the seat, and the place among the viewers; orders may name somebody new."""
        await run_db(self._renew_lease)
        await self.learn(*self.tails.values(), again=True)
        await self._watch_queues()
        if self.watching:
            await run_db(reads.note_viewer, self.watching, self.actor)

    # Commands

    async def on_presence(self, frame: Frame) -> None:
        state, reason = frame.get("state"), frame.get("reason") or ""
        if not isinstance(state, str) or not isinstance(reason, str):
            raise Invalid("`state` is online, break or offline.")
        await run_db(routing.set_presence, self.actor, state=state, reason=reason[:80], actor=self.actor)
        await self._send_presence()

    async def on_accept(self, frame: Frame) -> None:
        """Take what is offered, or with ``session`` a waiting chat by hand."""
        if frame.get("offer"):
            work = await run_db(services.accept_offer, str(frame["offer"]), actor=self.actor)
        else:
            work = await run_db(lambda: services.claim_session(self.locate(frame), actor=self.actor))
        await self._start_following(work.item_id)

    async def on_decline(self, frame: Frame) -> None:
        await run_db(services.decline_offer, str(frame.get("offer")), actor=self.actor)

    async def on_transfer(self, frame: Frame) -> None:
        await run_db(self._transfer, frame)

    def _transfer(self, frame: Frame) -> None:
        to = frame.get("to")
        if not isinstance(to, dict):
            raise Invalid("`to` names a queue or an agent.")
        target = services.transfer_target(self.actor, queue=to.get("queue"), agent=to.get("agent"))
        note = frame.get("note") or ""
        services.transfer_session(self.locate(frame), actor=self.actor, note=str(note)[:4000], **target)

    async def on_wrap_up(self, frame: Frame) -> None:
        fields = {"code": frame.get("code") or "", "note": frame.get("note") or ""}
        await run_db(lambda: services.wrap_up_session(self.locate(frame), actor=self.actor, **fields))

    async def on_close(self, frame: Frame) -> None:
        reason = str(frame.get("reason") or "resolved")
        await run_db(lambda: services.close_session(self.locate(frame), actor=self.actor, reason=reason))

    async def on_join(self, frame: Frame) -> None:
        mode = str(frame.get("mode") or "silent")
        session = await run_db(lambda: services.join_session(self.locate(frame), actor=self.actor, mode=mode))
        await self._start_following(session.pk)

    async def on_leave(self, frame: Frame) -> None:
        await run_db(lambda: services.leave_session(self.locate(frame), actor=self.actor))

    async def on_watch(self, frame: Frame) -> None:
        """The chat is open on this screen: colleagues see it."""
        session = await run_db(self.locate, frame)
        if self.watching and self.watching.pk != session.pk:
            await self._unwatch()
        self.watching = session
        await run_db(reads.note_opened, self.actor, session)
        await run_db(reads.note_viewer, session, self.actor)
        self.join_group(session_group(session.pk))
        self._ring_viewers(session)

    async def on_unwatch(self, frame: Frame) -> None:
        if self.watching:
            await self._unwatch()

    async def _unwatch(self) -> None:
        session, self.watching = self.watching, None
        if session.pk not in self.tails:
            self.leave_group(session_group(session.pk))
        await run_db(reads.forget_viewer, session, self.actor)
        self._ring_viewers(session)

    def _ring_viewers(self, session: ChatSession) -> None:
        event = {"type": "chat.viewers", "session_pk": session.pk}
        self.hub.spread([(session_group(session.pk), event)])

    # Wake-ups

    def heeded(self, event: Frame) -> bool:
        """What an app above the chat has to tell this user is a finished frame, for who may do its ``action``."""
        if event["type"] != "agent.news":
            return super().heeded(event)
        if self._look.may_hear(event["action"]):
            self.put(pack(self._as_seen(event["frame"])))
        return True

    async def send_frame(self, frame: Frame) -> None:
        await super().send_frame(self._as_seen(frame))

    def _as_seen(self, frame: Frame) -> Frame:
        """Masked where the peer sees masks; by the names of the chat, or of all where the frame is about all."""
        if not self.masked:
            return frame
        tail = self.tail_of(frame)
        known = (one.names or NOBODYS for one in ([tail] if tail else self.tails.values()))
        return mask_frame(frame, reduce(or_, known, NOBODYS))

    async def chat_state(self, event: Frame) -> None:
        if event["session_pk"] in self.tails:
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
        await super().chat_state({"session_pk": session_pk})
        if not await run_db(reads.is_followed, self.actor, self.shown, session_pk) and self.follows(tail):
            self._remove(session_pk)

    def unfollow(self, session_pk: int) -> None:
        super().unfollow(session_pk)
        if self.watching and self.watching.pk == session_pk and not self.closing:
            self.join_group(session_group(session_pk))

    async def _start_following(self, session_pk: int) -> None:
        """A chat has come to this user: its state, then all of its transcript."""
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

    async def chat_typing(self, event: Frame) -> None:
        tail = self.tails.get(event["session_pk"])
        if tail is None or event["side"] == self.side:
            return
        frame = {"type": "typing", "session": tail.public_id, "on": event["on"], "name": event["name"]}
        # Digit by digit no number looks like one: whoever sees masks sees nothing before it is sent.
        if ChatAction.SEE_PREVIEW in self._look.held and not self.masked:
            frame["preview"] = event["preview"]
        await self.send_frame(frame)

    async def chat_viewers(self, event: Frame) -> None:
        frame = await run_db(reads.viewers_told, self.actor, self.shown, event["session_pk"])
        if frame is not None:
            await self.send_frame(frame)

    async def agent_offers(self, event: Frame) -> None:
        await self._sync_offers()

    async def _sync_offers(self) -> None:
        """Tell what is newly offered and what no longer is, by comparing with the database."""
        async with self._offering:
            told = await run_db(reads.offers, self.actor, self.shown, masked=self.masked)
            pending = {frame["offer"]: frame for frame in told}
            for offer_id in self.offers - pending.keys():
                outcome = await run_db(reads.offer_outcome, offer_id)
                await self.send_frame({"type": "offer_ended", "offer": offer_id, "outcome": outcome})
            for offer_id in pending.keys() - self.offers:
                await self.send_frame(pending[offer_id])
            self.offers = set(pending)

    async def agent_presence(self, event: Frame) -> None:
        await self._send_presence()

    async def _send_presence(self) -> None:
        await self.send_frame({"type": "presence", **await run_db(reads.presence, self.actor)})

    async def queue_changed(self, event: Frame) -> None:
        """Figures follow within a second, however often the queue moves."""
        self._rung_at = time.monotonic()
        self.later("board", BOARD_EVERY_S, self._send_board)

    async def _send_board(self) -> None:
        for figures in await self.hub.board(self._rung_at):
            if figures["queue"]["id"] in self._queues:
                await self.send_frame(figures)

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


def _start_of(cursors: Any, session: ChatSession) -> int:
    """From where the client wants ``session``; "now" is for pages that show no transcript but hear of news."""
    return session.last_seq if cursors == NOW else cursor_of(cursors, session)
