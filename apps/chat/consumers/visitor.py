"""``/ws/visitor/``: one visitor, one session."""

from functools import partial

from django.utils import timezone

from apps.chat import extensions, services
from apps.chat.consumers.chatting import ChattingConnection
from apps.chat.consumers.codes import FORBIDDEN, NOT_SIGNED_IN
from apps.chat.consumers.following_reads import Opening, load_state, open_chat
from apps.chat.consumers.obeying import Command
from apps.chat.consumers.origins import is_own_origin, origin_of
from apps.chat.consumers.tail import Tail
from apps.chat.enums import ChatStatus, SenderKind, Side
from apps.chat.frames import Frame, receipt_frame, welcome_frame
from apps.chat.log import Draft, queue_group, session_group
from apps.chat.models import ChatSession
from apps.common.aio import run_db
from apps.common.errors import AccessDenied

PLACE_EVERY_S = 1.0  # places in the queue are sent at most this often


class VisitorConsumer(ChattingConnection):
    """A shopper's device. Its token opens one session; everything else looks unknown."""

    side, other_side = Side.CUSTOMER, Side.AGENT
    session: ChatSession
    _queue_pk: int | None = None
    _shown: Frame | None = None

    def __init__(self) -> None:
        super().__init__()
        self._told: list[Frame] = []

    def labels(self) -> dict[str, str]:
        return {"actor": f"customer:{self.session.customer_id}", "session": self.session.public_id}

    def is_own(self, sender_kind: str, sender_id: int | None) -> bool:
        return sender_kind == SenderKind.CUSTOMER

    def answers_for(self, session: ChatSession) -> bool:
        return True

    def locate(self, frame: Frame) -> ChatSession:
        named = frame.get("session")
        if named not in (None, "", self.session.public_id):
            raise AccessDenied()
        frame["session"] = self.session.public_id
        return self.session

    commands = ChattingConnection.commands | {"end", "human", "bot"}

    def tail_of(self, frame: Frame) -> Tail | None:
        """A visitor's frame need not name the only session there is."""
        return super().tail_of(frame if frame.get("session") else {"session": self.session.public_id})

    def may_write(self, tail: Tail, draft: Draft) -> bool:
        return True

    def command_for(self, kind: str) -> Command | None:
        """Frames that apps above the chat answer (``rate``) go to them."""
        added = extensions.visitor_command_for(kind)
        return partial(self.on_extension, added) if added else super().command_for(kind)

    async def hello(self, frame: Frame) -> bool:
        token, found = frame.get("token"), None
        if isinstance(token, str):
            found = await run_db(open_chat, token, frame.get("cursors"), self.hub)
        if found is None:
            self.shut(NOT_SIGNED_IN)
            return False
        origin = origin_of(self.scope)
        if origin and not (is_own_origin(self.scope) or found.session.inbox.allows_origin(origin)):
            self.shut(FORBIDDEN)
            return False
        self.session, self.actor = found.session, found.session.customer
        await self._open(found)
        return True

    async def _open(self, found: Opening) -> None:
        """Read first, subscribe afterwards: what was told in between is heard now."""
        session = found.session
        session.customer_online = True
        self.hub.attendance.here(session.pk)
        tail = self.follow(session)
        row = {
            "session": session.public_id,
            "status": session.status,
            "last_seq": session.last_public_seq,
            "agent": {"name": session.agent.actor_label} if session.agent else None,
        }
        await self.send_frame(welcome_frame([row], now=timezone.now()))
        await self.replay(tail, session, found.cursor, found.page)
        await self.send_frame(receipt_frame(session.public_id, Side.AGENT, session.marks(Side.AGENT)))
        await self.send_states(found.states)
        for event in self.hub.rung_since(found.rung, session_group(session.pk)):
            self.wake(event)

    async def send_states(self, frames: list[Frame]) -> None:
        *extras, state = frames
        await self._tell_once(extras)
        self._shown, self.session.status = state, state["status"]
        await self.send_frame(state)
        waiting_in = state["queue"]["id"] if state["status"] == ChatStatus.QUEUED else None
        self._watch_queue(waiting_in)

    async def _send_message(self, tail: Tail, frame: Frame, sender: tuple[str, int | None]) -> None:
        """The survey is offered before the line that ends the chat."""
        if frame["payload"].get("event") == "closed":
            state = await run_db(load_state, tail.pk, self.side)
            await self._tell_once(state.frames[:-1])
        await super()._send_message(tail, frame, sender)

    async def _tell_once(self, frames: list[Frame]) -> None:
        """Send what this connection has not been told word for word before."""
        for frame in frames:
            if frame not in self._told:
                self._told.append(frame)
                await self.send_frame(frame)

    def _watch_queue(self, queue_pk: int | None) -> None:
        """While waiting, hear of moves in the queue: the own place may be another."""
        if queue_pk == self._queue_pk:
            return
        if self._queue_pk is not None:
            self.leave_group(queue_group(self._queue_pk))
        self._queue_pk = queue_pk
        if queue_pk is not None:
            self.join_group(queue_group(queue_pk))

    async def queue_changed(self, event: Frame) -> None:
        """A new place follows soon, however often the queue moves."""
        if self._queue_pk == event["queue_pk"]:
            self.later("place", PLACE_EVERY_S, self._send_place)

    async def _send_place(self) -> None:
        """The state, when place or expected wait are others by now."""
        async with self._states:
            state = await run_db(load_state, self.session.pk, self.side)
            if state.frames[-1] != self._shown:
                await self.send_states(state.frames)

    async def on_end(self, frame: Frame) -> None:
        await run_db(lambda: services.close_session(self.locate(frame), actor=self.actor))

    async def on_human(self, frame: Frame) -> None:
        await run_db(lambda: services.hand_off(self.locate(frame), actor=self.actor, reason="asked"))
        await self.send_state(self.session.pk)

    async def on_bot(self, frame: Frame) -> None:
        await run_db(lambda: services.return_to_bot(self.locate(frame), actor=self.actor))
        await self.send_state(self.session.pk)

    async def on_extension(self, command: extensions.VisitorCommand, frame: Frame) -> None:
        for answer in await run_db(lambda: command(self.locate(frame), frame)):
            await self.send_frame(answer)

    async def chat_typing(self, event: Frame) -> None:
        if event["side"] != self.side and event["session_pk"] in self.tails:
            await self.send_frame(
                {
                    "type": "typing",
                    "session": self.session.public_id,
                    "on": event["on"],
                    "name": event["name"],
                }
            )

    async def chat_viewers(self, event: Frame) -> None:
        """Which agents look at the chat is not for the customer."""

    async def renew(self) -> None:
        self.hub.attendance.here(self.session.pk)
        if self._queue_pk is not None:
            await self._send_place()

    async def left(self) -> None:
        if not self.hub.follows(self.side, self.session.pk):
            self.hub.attendance.left(self.session.pk)
