from dataclasses import dataclass

from django.db.models import QuerySet

from apps.knowledge.live_index import index
from apps.knowledge.models import Faq, FaqCategory


@dataclass(frozen=True)
class FaqHit:
    """An FAQ that may answer a message. ``score`` of the first hit is the chance, 0..1, that it does."""

    faq: Faq
    score: float
    matched_text: str  # the way to ask it that came nearest


def search_faqs(text: str, lang: str | None = None, limit: int = 10) -> list[FaqHit]:
    """Active FAQs for ``text``, best first; only those in ``lang`` when given. Two queries."""
    matches = index.search(text, lang=lang, limit=limit)
    faqs = Faq.objects.active().select_related("category").in_bulk([match.faq_id for match in matches])
    return [
        FaqHit(faqs[match.faq_id], match.score, match.matched_text)
        for match in matches
        if match.faq_id in faqs  # retired between the two queries
    ]


def categories_with_faqs(lang: str) -> QuerySet[FaqCategory]:
    """Categories that have something to say in ``lang``, in the order of the menu."""
    used = Faq.objects.active().filter(lang=lang).values("category")
    return FaqCategory.objects.filter(pk__in=used)
