from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RefundMoved:
    """A refund came into ``state``; for a new one ``previous`` is empty."""

    refund_id: int
    previous: str
    state: str
    at: datetime


@dataclass(frozen=True)
class RefundNoticeArrived:
    """The gateway sent a notification, now stored."""

    notice_id: int
    at: datetime


@dataclass(frozen=True)
class RefundReportQueued:
    """The shop is to hear of the end of a refund."""

    report_id: int
    at: datetime
