"""What the clients of one round do together, and how long it took."""

from array import array
from time import perf_counter
from typing import Any

from apps.chat.bench.checker import Sent
from apps.chat.bench.figures import milliseconds


class Meter:
    """Counts between ``start`` and ``stop``; a message is complete once it is acked and delivered."""

    def __init__(self, *, closed_loop: bool, repeat_every: int) -> None:
        self.closed_loop = closed_loop  # the next send goes out when one was acked
        self.repeat_every = (
            repeat_every  # of so many sends, one goes twice at once and one again after its ack
        )
        self.measuring = False
        self.complete = 0
        self.heard_at = perf_counter()  # of the last ack or delivery
        self._acks, self._deliveries = array("d"), array("d")

    def acked(self, message: Sent) -> None:
        """The sender knows that it is stored."""
        self.heard_at = message.acked_at
        if self.measuring:
            self._acks.append(message.acked_at - message.sent_at)
            self.complete += bool(message.delivered_at)

    def delivered(self, message: Sent) -> None:
        """The other side has it."""
        self.heard_at = message.delivered_at
        if self.measuring:
            self._deliveries.append(message.delivered_at - message.sent_at)
            self.complete += bool(message.acked_at)

    def figures(self, seconds: float) -> dict[str, Any]:
        """Rates and times of the ``seconds`` that were measured."""
        ack, delivered = milliseconds(self._acks), milliseconds(self._deliveries)
        found: dict[str, Any] = {"messages": self.complete, "msgs_per_s": round(self.complete / seconds, 1)}
        found |= {f"ack_{name}_ms": value for name, value in ack.items()}
        return found | {f"delivered_{name}_ms": value for name, value in delivered.items()}
