"""What the robot will say and do about a message, before anything is written."""

from dataclasses import dataclass, field
from typing import Any

from apps.knowledge.models import Faq
from apps.knowledge.selectors import FaqHit
from apps.orders.models import Order
from apps.robot.enums import FlowKind, HandOffReason, TurnOutcome
from apps.robot.phrases import say

ACTIONS = ["human"]


@dataclass(frozen=True)
class FlowState:
    """Where the chat stands with a question about an order, after this turn."""

    kind: FlowKind
    is_open: bool = True
    order_no: str = ""
    misses: int = 0
    order: Order | None = None  # proven


@dataclass(frozen=True)
class Reply:
    """What the robot will say and do."""

    outcome: TurnOutcome
    body: str
    payload: dict[str, Any] = field(default_factory=dict)
    reason: str = ""  # of a hand-off
    hit: FaqHit | None = None  # the best candidate
    helped: tuple[Faq, bool] | None = None  # what the customer said of the last answer
    flow: FlowState | None = None  # None: as it was
    card: Order | None = None  # shown under the words
    note: str = ""  # for the agent who takes over


def hand_off(lang: str, reason: HandOffReason, **more: Any) -> Reply:
    """Bring in a human, and say so."""
    return Reply(TurnOutcome.HANDED_OFF, more.pop("body", say(reason, lang)), reason=reason, **more)


def choices(texts: Any) -> dict[str, Any]:
    """Payload of texts to tap, and the way to a human."""
    replies = [{"text": text} for text in dict.fromkeys(texts)]
    return ({"quick_replies": replies} if replies else {}) | {"actions": ACTIONS}
