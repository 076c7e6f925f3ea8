"""The matcher over the FAQs of the database, one per process, never older than the last committed change."""

import threading
from uuid import UUID

from apps.knowledge.matching import Entry, Match
from apps.knowledge.matching.lexical import LexicalMatcher
from apps.knowledge.models import Faq, FaqQuestion, KnowledgeStamp


class LiveIndex:
    """Asks the stamp on every search (one read by primary key) and rebuilds when it has moved."""

    def __init__(self) -> None:
        self._matcher = LexicalMatcher()
        self._stamp: UUID | None = None
        self._built = False
        self._lock = threading.Lock()

    def search(self, text: str, *, lang: str | None = None, limit: int = 10) -> list[Match]:
        """See ``Matcher.search``. While one thread rebuilds, others answer from the index before."""
        self.refresh()
        return self._matcher.search(text, lang=lang, limit=limit)

    def refresh(self) -> None:
        """Make the index follow the database."""
        if self._built and self._stamp == current_stamp():
            return
        if self._lock.acquire(blocking=not self._built):
            try:
                self._rebuild()
            finally:
                self._lock.release()

    def _rebuild(self) -> None:
        stamp = (
            current_stamp()
        )  # before the rows: a change in between makes us rebuild once more, never miss it
        if self._built and stamp == self._stamp:
            return
        self._matcher.rebuild(load_entries())
        self._stamp, self._built = stamp, True


def current_stamp() -> UUID | None:
    """What changes with every change to the FAQs; None before the first."""
    return KnowledgeStamp.objects.values_list("value", flat=True).first()


def load_entries() -> list[Entry]:
    """Every FAQ that is answered from, in two queries."""
    texts: dict[int, list[str]] = {}
    alternatives = FaqQuestion.objects.filter(faq__is_active=True).order_by("faq_id", "position")
    for faq_id, text in alternatives.values_list("faq_id", "text"):
        texts.setdefault(faq_id, []).append(text)
    rows = Faq.objects.active().order_by("pk").values_list("pk", "lang", "question", "answer")
    return [Entry(pk, lang, (question, *texts.get(pk, ())), answer) for pk, lang, question, answer in rows]


index = LiveIndex()
