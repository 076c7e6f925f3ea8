from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FaqsChanged:
    """FAQs were written, or an import wrote many. Ids only."""

    faq_ids: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class SopsChanged:
    """SOPs were written, retired, or have another revision in force. Ids only."""

    sop_ids: tuple[int, ...]
    at: datetime
