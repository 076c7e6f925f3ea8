"""What the desk wants of a payment gateway, whichever it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from apps.common.money import Money


class Outcome(StrEnum):
    """What an answer of the gateway says about a refund."""

    PROCESSING = "processing"  # taken, not settled
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # declined: no money moves
    UNKNOWN = "unknown"  # it may have been executed: ask, never send blindly again
    ABSENT = "absent"  # the gateway knows no such refund
    NOT_TAKEN = "not_taken"  # certainly not executed by this call; the same may be sent later


@dataclass(frozen=True)
class RefundRequest:
    """What is asked of a gateway. ``refund_no`` is ours, immutable, and the key that makes it happen once."""

    refund_no: str
    payment_ref: str
    order_no: str
    amount: Money
    paid: Money
    reason: str
    notify_url: str


@dataclass(frozen=True)
class RefundResult:
    """What the gateway said. ``version`` grows with each state there; 0 where it was not told."""

    outcome: Outcome
    provider_refund_id: str = ""
    amount: Money | None = None
    payment_ref: str = ""
    version: int = 0
    settled_at: datetime | None = None
    code: str = ""
    message: str = ""
    retry_after: float | None = None  # seconds


@dataclass(frozen=True)
class RefundNotice:
    """A verified notification: ``notice_id`` is the gateway's, the same for each delivery."""

    notice_id: str
    refund_no: str
    result: RefundResult


@dataclass(frozen=True)
class StatementLine:
    """One refund that the gateway says it executed."""

    refund_no: str
    amount: Money
    provider_refund_id: str = ""


class NotConfigured(Exception):
    """The desk has no address or key of the gateway."""


class ForgedNotice(Exception):
    """The notification is not from the gateway, or too old to tell."""


class MalformedNotice(Exception):
    """The notification is the gateway's, but cannot be read."""


class RefundGateway(Protocol):
    """Never called inside a database transaction. ``submit`` and ``query`` never raise for what the peer does."""

    name: str

    def submit(self, request: RefundRequest) -> RefundResult: ...

    def query(self, request: RefundRequest) -> RefundResult: ...

    def statement(self, day: date) -> list[StatementLine]:
        """What was executed on ``day`` (UTC). Raises ``Unreachable``."""

    def verify(self, headers: Mapping[str, str], raw: bytes, *, now: datetime) -> str:
        """Id of the notification with these bytes. Raises ``ForgedNotice``, ``NotConfigured``."""

    def parse(self, raw: bytes) -> RefundNotice:
        """What verified bytes say. Raises ``MalformedNotice``."""


@dataclass
class Registry:
    """The gateways by name."""

    known: dict[str, RefundGateway] = field(default_factory=dict)

    def add(self, gateway: RefundGateway) -> None:
        self.known[gateway.name] = gateway

    def get(self, name: str) -> RefundGateway | None:
        return self.known.get(name)
