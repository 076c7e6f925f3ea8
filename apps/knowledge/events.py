from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FaqsChanged:
    """FAQs were written, or an import wrote many. Ids only."""

    faq_ids: tuple[int, ...]
    at: datetime
