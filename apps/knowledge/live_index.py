"""The matcher over the rows of the database, one per process, never older than the last committed change."""

import threading
from collections.abc import Callable
from uuid import UUID

from django.conf import settings

from apps.knowledge.enums import FaqLanguage
from apps.knowledge.matching import Entry, Match
from apps.knowledge.matching.encoder import Encoder, sentence_encoder
from apps.knowledge.matching.hybrid import HybridMatcher
from apps.knowledge.matching.text import CHINESE, detect_language
from apps.knowledge.models import Faq, FaqQuestion, KnowledgeStamp, Sop
from apps.knowledge.vectors import KeptVectors


class LiveIndex:
    """Asks its stamp on every search (one read by primary key) and rebuilds when it has moved."""

    def __init__(self, stamp_id: int = KnowledgeStamp.FAQS, load: Callable[[], list[Entry]] | None = None):
        encoder = current_encoder()
        self._matcher = HybridMatcher(
            encoder=encoder, find_vectors=KeptVectors(encoder).find if encoder else None
        )
        self._stamp_id = stamp_id
        self._load = load or (lambda: load_entries())
        self._stamp: UUID | None = None
        self._built = False
        self._lock = threading.Lock()

    def search(self, text: str, *, lang: str | None = None, limit: int = 10) -> list[Match]:
        """See ``Matcher.search``. While one thread rebuilds, others answer from the index before."""
        self.refresh()
        return self._matcher.search(text, lang=lang, limit=limit)

    def refresh(self) -> None:
        """Make the index follow the database."""
        if self._built and self._stamp == current_stamp(self._stamp_id):
            return
        if self._lock.acquire(blocking=not self._built):
            try:
                self._rebuild()
            finally:
                self._lock.release()

    def _rebuild(self) -> None:
        # Before the rows: a change in between makes us rebuild once more, never miss it.
        stamp = current_stamp(self._stamp_id)
        if self._built and stamp == self._stamp:
            return
        self._matcher.rebuild(self._load())
        self._stamp, self._built = stamp, True


def current_encoder() -> Encoder | None:
    """The sentence encoder, unless it is switched off or not installed."""
    return sentence_encoder() if settings.KNOWLEDGE_ENCODER else None


def current_stamp(stamp_id: int = KnowledgeStamp.FAQS) -> UUID | None:
    """What changes with every change to the FAQs, or the SOPs; None before the first."""
    return KnowledgeStamp.objects.filter(pk=stamp_id).values_list("value", flat=True).first()


def load_entries() -> list[Entry]:
    """Every FAQ that is answered from, in two queries."""
    texts: dict[int, list[str]] = {}
    alternatives = FaqQuestion.objects.filter(faq__is_active=True).order_by("faq_id", "position")
    for faq_id, text in alternatives.values_list("faq_id", "text"):
        texts.setdefault(faq_id, []).append(text)
    rows = Faq.objects.active().order_by("pk").values_list("pk", "lang", "question", "answer")
    return [Entry(pk, lang, (question, *texts.get(pk, ())), answer) for pk, lang, question, answer in rows]


def load_sop_entries() -> list[Entry]:
    """Every SOP in force, once for each language in which it has a title or customers' words; one query."""
    rows = Sop.objects.in_force().order_by("pk").values_list("pk", "title", "title_zh", "keywords")
    return [entry for row in rows for entry in _sop_entries(*row)]


def _sop_entries(pk: int, title: str, title_zh: str, keywords: list[str]) -> list[Entry]:
    chinese = [text for text in (title_zh, title, *keywords) if detect_language(text) == CHINESE]
    english = [text for text in (title, *keywords) if text not in chinese]
    texts = {FaqLanguage.ENGLISH: english, FaqLanguage.CHINESE: chinese}
    return [Entry(pk, lang.value, tuple(found)) for lang, found in texts.items() if found]


index = LiveIndex()
sop_index = LiveIndex(KnowledgeStamp.SOPS, load_sop_entries)
