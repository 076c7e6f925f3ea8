"""The other socket processes: bells that ring here go there in packets, through the channel layer (pub/sub).

Who listens says so: at once, in answer to who asks, and with every sweep. So a process that is alone publishes nothing,
and tells one other directly: a packet to everybody comes back to its sender, who has to read and parse it. Measured
with 20 pairs: alone a third more messages a second.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from channels.layers import get_channel_layer
from django.conf import settings

from apps.common import wake
from apps.common.wake import Ring

logger = logging.getLogger(__name__)

UNSENT_MAX = 1_000  # wake-ups for others while Redis does not answer; their sweep finds what is dropped
PUBLISH_EVERY_S = 0.002  # what gathers meanwhile goes together
FIRST_PAUSE_S = 1.0  # between greetings until it is sure
SURE_AFTER = 3  # greetings of its own that came back: the others have answered the first by then
FORGOTTEN_AFTER = 12  # greetings of its own that came back, and none of the other's: who stalls is still told
DEAF_AFTER = 4  # sweeps without even its own greeting: the subscription is dead and does not say so


class Neighbours:
    """One per event loop. ``deliver`` is called with what others ring."""

    def __init__(self, deliver: Callable[[list[Ring]], None]) -> None:
        self._deliver = deliver
        self._name = ""  # the channel on which this process hears what is for it alone
        self._heard_itself = 0  # how often
        self._hears_until = 0.0  # monotonic: without another greeting of its own it counts as deaf
        # Their channels, and how often we had heard ourselves when they last greeted.
        self._others: dict[str, int] = {}
        self._unsent: list[Ring] = []
        self._sending: asyncio.Task | None = None

    # Out

    def tell(self, rings: list[Ring]) -> None:
        """Ring in the other processes soon, if there are any; never waits."""
        if self._knows and not self._others:
            return
        self._unsent += rings
        del self._unsent[:-UNSENT_MAX]
        if self._sending is None and self._unsent:
            self._sending = asyncio.create_task(self._send())

    async def told(self) -> None:
        """Until nothing is left to be sent."""
        if self._sending is not None:
            await self._sending

    @property
    def _knows(self) -> bool:
        """Whether it surely knows who else is there: it hears what is said to all."""
        return self._heard_itself >= SURE_AFTER and time.monotonic() < self._hears_until

    async def _send(self) -> None:
        while self._unsent:
            rings, self._unsent = self._unsent, []
            try:
                await self._publish(wake.packet(rings))
            except Exception as error:
                logger.warning("%s wake-ups of other processes were lost: %s", len(rings), error)
            await asyncio.sleep(PUBLISH_EVERY_S)
        self._sending = None

    async def _publish(self, packet: dict) -> None:
        layer = get_channel_layer()
        if self._knows and len(self._others) == 1:
            await layer.send(*self._others, packet)
        else:
            await layer.group_send(wake.EVERYBODY, packet)

    # In

    async def listen(self) -> None:
        """Hear what other processes ring. While Redis is away the sweep does without."""
        layer = get_channel_layer()
        while True:
            try:
                self._name = await layer.new_channel()
                await layer.group_add(wake.EVERYBODY, self._name)
                await layer.group_send(wake.EVERYBODY, self._greeting(asks=True))
                while True:
                    async with asyncio.timeout(DEAF_AFTER * max(settings.CHAT_SWEEP_S, FIRST_PAUSE_S)):
                        packet = await layer.receive(self._name)
                    await self._hear(packet)
            except Exception as error:
                logger.warning("Wake-ups of other processes do not come through: %r", error)
                self._name, self._heard_itself, self._others = "", 0, {}
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(settings.CHAT_SWEEP_S):
                        await layer.flush()  # forgets half of a subscription
                await asyncio.sleep(settings.CHAT_SWEEP_S)

    async def _hear(self, packet: dict) -> None:
        if packet["type"] == "hub.rings":
            if packet["origin"] != wake.origin():
                self._deliver(packet["rings"])
        elif packet["channel"] == self._name:
            self._hear_itself()
        else:
            self._others[packet["channel"]] = self._heard_itself
            if packet["asks"]:
                with contextlib.suppress(Exception):  # it hears of this process with the next greeting
                    await get_channel_layer().send(packet["channel"], self._greeting())

    def _hear_itself(self) -> None:
        self._heard_itself += 1
        self._hears_until = time.monotonic() + 2 * max(settings.CHAT_SWEEP_S, FIRST_PAUSE_S)
        long_ago = self._heard_itself - FORGOTTEN_AFTER
        self._others = {name: at for name, at in self._others.items() if at > long_ago}

    async def greet(self) -> None:
        """Tell the others again and again that this process is there."""
        while True:
            await asyncio.sleep(settings.CHAT_SWEEP_S if self._heard_itself >= SURE_AFTER else FIRST_PAUSE_S)
            if self._name:
                with contextlib.suppress(Exception):  # what is published then warns of it
                    greeting = self._greeting(asks=not self._knows)
                    await get_channel_layer().group_send(wake.EVERYBODY, greeting)

    def _greeting(self, *, asks: bool = False) -> dict:
        """To a process of the release before, a packet without rings."""
        return wake.packet([]) | {"type": "hub.here", "channel": self._name, "asks": asks}
