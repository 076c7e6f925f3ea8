"""What an agent may ask for besides what both sides say: presence, taking and passing on chats, looking at one."""

from abc import abstractmethod

from apps.chat import services
from apps.chat.consumers import agent_reads as reads
from apps.chat.consumers.agent_news import AgentNews
from apps.chat.frames import Frame
from apps.chat.log import session_group
from apps.chat.models import ChatSession
from apps.common.aio import run_db
from apps.common.errors import Invalid
from apps.routing import services as routing


class AgentCommands(AgentNews):
    """One method for each type of frame."""

    commands = AgentNews.commands | {
        "presence", "accept", "decline", "transfer", "wrap_up", "close", "join", "leave", "watch", "unwatch"
    }  # fmt: skip
    watching: ChatSession | None = None  # the chat that is open on this screen

    @abstractmethod
    async def _start_following(self, session_pk: int) -> None:
        """A chat has come to this user: its state, then all of its transcript."""

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

    async def left(self) -> None:
        if self.watching:
            await self._unwatch()
