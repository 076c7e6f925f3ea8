"""The peer: pairs talk through Channels and ``channels_redis`` as Channels' tutorial teaches it, and nothing is stored.

It takes and gives the frames of the chat protocol. No sign-in, no log, no order, no repeat: what the platform costs
before the desk adds anything. Run by uvicorn like the desk: ``apps.chat.bench.relay:application``.
"""

import json
from datetime import UTC, datetime
from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

django.setup()


class RelayConsumer(AsyncWebsocketConsumer):
    """One end of a pair; the group is the pair."""

    side = ""
    session = ""
    count = 0

    async def connect(self) -> None:
        self.side = self.scope["url_route"]["kwargs"]["side"]
        await self.accept()

    async def disconnect(self, code: int) -> None:
        if self.session:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    @property
    def group(self) -> str:
        """The channel-layer group of the pair."""
        return f"pair_{self.session}"

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame = json.loads(text_data or "{}")
        if frame["type"] == "hello":
            await self.hello(frame)
        elif frame["type"] == "send":
            await self.pass_on(frame)

    async def hello(self, frame: dict[str, Any]) -> None:
        """Whoever comes is welcome; the pair is the one session that the cursors name."""
        self.session = next(iter(frame["cursors"]))
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.send(
            text_data=json.dumps(
                {"type": "welcome", "v": 1, "server_time": _now(), "heartbeat": 25, "sessions": []}
            )
        )

    async def pass_on(self, frame: dict[str, Any]) -> None:
        """Answer the sender, and send the line to both."""
        self.count += 1
        at, ref = _now(), frame["ref"]
        message = {
            "type": "message",
            "session": self.session,
            "seq": self.count,
            "ref": ref,
            "sender": {"kind": "agent" if self.side == "agent" else "customer", "name": "Somebody"},
            "kind": frame["kind"],
            "body": frame["body"],
            "payload": {},
            "at": at,
            "prev": self.count - 1,
        }
        ack = {"type": "ack", "ref": ref, "session": self.session, "seq": self.count, "at": at}
        await self.send(text_data=json.dumps(ack))
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "frame": message})

    async def chat_message(self, event: dict[str, Any]) -> None:
        """A line of the pair."""
        await self.send(text_data=json.dumps(event["frame"]))


def _now() -> str:
    return datetime.now(UTC).isoformat()


application = ProtocolTypeRouter({"websocket": URLRouter([path("ws/<str:side>/", RelayConsumer.as_asgi())])})
