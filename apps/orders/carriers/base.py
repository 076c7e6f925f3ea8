"""What the desk asks an aggregator of carriers for. One module per aggregator makes these of its own answers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from apps.common.errors import DomainError
from apps.orders.enums import ShipmentStatus

TEXT_MAX, PLACE_MAX, SUBSTATUS_MAX = 500, 200, 64  # characters


@dataclass(frozen=True)
class Scan:
    """One line of a parcel's way; ``status`` is empty where the carrier does not say it for each line."""

    at: datetime
    text: str
    location: str = ""
    status: ShipmentStatus | str = ""

    @property
    def key(self) -> str:
        """The same for the same line, whoever tells it and however often."""
        return hashlib.sha256(f"{self.at.isoformat()}|{self.text}|{self.location}".encode()).hexdigest()


@dataclass(frozen=True)
class TrackingSnapshot:
    """All that an aggregator says about a parcel at one time; ``scans`` in no particular order."""

    number: str
    status: ShipmentStatus
    scans: tuple[Scan, ...] = ()
    substatus: str = ""  # the aggregator's own word
    delivered_at: datetime | None = None
    eta: datetime | None = None
    ended: bool = False  # the aggregator follows the parcel no longer


@dataclass(frozen=True)
class Parcel:
    """What an aggregator has to know to follow a parcel; ``tag`` is our number of it."""

    tag: str
    number: str
    carrier: str
    phone_tail: str = ""
    callback: str = ""  # where news are pushed to


@dataclass(frozen=True)
class Push:
    """News that an aggregator sent by itself, verified."""

    number: str
    raw: bytes  # what its signature covers, to be kept
    tag: str = ""


@dataclass(frozen=True)
class Fetched:
    """What asking brought: news by number, and for the others what is wrong with them."""

    snapshots: Mapping[str, TrackingSnapshot] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


class CarrierBusy(DomainError):
    """The aggregator takes no more calls for a while: a rate limit, or the contingent is used up."""

    code = "carrier_busy"
    status = 503
    retryable = True

    def __init__(self, name: str, *, retry_after: float) -> None:
        super().__init__(f"{name} takes no calls for {retry_after:.0f} s.")
        self.retry_after = retry_after


class CarrierRefused(DomainError):
    """The aggregator will not follow this parcel, or does not believe us."""

    code = "carrier_refused"
    status = 502


class TrackingProvider(Protocol):
    """An aggregator. Calls may raise ``Unreachable``, ``CarrierBusy``, ``CarrierRefused``; never in a transaction."""

    name: str
    batch: int  # parcels that one call asks about
    answers_registered_only: bool

    def register(self, parcel: Parcel) -> None:
        """Have news of ``parcel`` pushed to us; done before is done."""

    def fetch(self, parcels: Sequence[Parcel]) -> Fetched:
        """Ask about up to ``batch`` parcels."""

    def verified(self, headers: Mapping[str, str], raw: bytes) -> Push:
        """The push in a request. Raises ``BadSignature``, ``Invalid``."""

    def parse(self, content: Any) -> TrackingSnapshot:
        """What a kept push says. Raises ``Invalid`` where it names no parcel."""


def known(table: Mapping[str, ShipmentStatus], code: object) -> ShipmentStatus:
    """The status for an aggregator's ``code``; one that nobody has heard of wants looking at."""
    return table.get(str(code), ShipmentStatus.EXCEPTION)
