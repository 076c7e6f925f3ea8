"""What answers a message: FAQs for the robot, FAQs and SOPs for agents."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from apps.knowledge.enums import FaqLanguage
from apps.knowledge.live_index import index, sop_index
from apps.knowledge.matching.text import MAX_CHARS, detect_language
from apps.knowledge.models import Faq, FaqCategory, Sop, SopStep

SURE = 0.5  # chance of the first hit from which no other reading of the turns is tried
WORTH_SHOWING = 0.08  # a weaker SOP is noise beside the answers
TURNS = 3  # of the customer's, the last ones


@dataclass(frozen=True)
class FaqHit:
    """An FAQ that may answer a message. ``score`` of the first hit is the chance, 0..1, that it does."""

    faq: Faq
    score: float
    matched_text: str  # the way to ask it that came nearest


@dataclass(frozen=True)
class SopHit:
    """A SOP that may help with a message, as ``FaqHit``."""

    sop: Sop
    score: float
    matched_text: str


@dataclass(frozen=True)
class GuideStep:
    """A step of a suggested SOP; ``say`` is what may be sent in the customer's language, or empty."""

    title: str
    text: str
    say: str


@dataclass(frozen=True)
class Suggestion:
    """An answer or a guide for the agent, and why it is suggested."""

    kind: str  # "faq" | "sop"
    score: float  # 0..1
    reason: str
    title: str
    query: str  # the customer's words that it was found by
    item: Faq | Sop
    text: str  # what may be sent as it stands; of a SOP its first step that says something
    steps: list[GuideStep] = field(default_factory=list)

    @property
    def key(self) -> str:
        """By which the API names the item."""
        return self.item.key if isinstance(self.item, Faq) else self.item.slug


def search_faqs(text: str, lang: str | None = None, limit: int = 10) -> list[FaqHit]:
    """Active FAQs for ``text``, best first; only those in ``lang`` when given. Two queries."""
    matches = index.search(text, lang=lang, limit=limit)
    faqs = Faq.objects.active().select_related("category").in_bulk([match.faq_id for match in matches])
    return [
        FaqHit(faqs[match.faq_id], match.score, match.matched_text)
        for match in matches
        if match.faq_id in faqs  # retired between the two queries
    ]


def search_sops(text: str, *, limit: int = 5, queue: str | None = None) -> list[SopHit]:
    """SOPs in force for ``text``, best first; only those for ``queue`` when given. Two queries."""
    matches = sop_index.search(text, limit=4 * limit)
    rows = Sop.objects.in_force().select_related("category", "current_revision")
    sops = (rows if queue is None else rows.for_queue(queue)).in_bulk([match.faq_id for match in matches])
    hits: dict[Any, SopHit] = {}
    for match in matches:  # a SOP stands in the index once for each language
        if match.faq_id in sops and match.faq_id not in hits:
            hits[match.faq_id] = SopHit(sops[match.faq_id], match.score, match.matched_text)
    return list(hits.values())[:limit]


def suggest(turns: Sequence[str], *, lang: str, limit: int = 4, queue: str | None = None) -> list[Suggestion]:
    """Answers and guides for the customer's last ``turns`` (oldest first), best first; empty without words.

    A last turn that says little by itself ("and for sale items?") is read with the one before. ``lang`` counts
    where the words do not show their language. A constant number of queries for each reading that is tried.
    """
    best: list[Suggestion] = []
    for text in _readings([turn.strip() for turn in turns if turn.strip()]):
        found = _suggestions(text, detect_language(text) or lang, limit=limit, queue=queue)
        if found and (not best or found[0].score > best[0].score):
            best = found
        if best and best[0].score >= SURE:
            break
    return _with_steps(best, lang)


def categories_with_faqs(lang: str) -> QuerySet[FaqCategory]:
    """Categories that have something to say in ``lang``, in the order of the menu."""
    used = Faq.objects.active().filter(lang=lang).values("category")
    return FaqCategory.objects.filter(pk__in=used)


def _readings(turns: list[str]) -> list[str]:
    """What the customer may mean, in the order of trying: the last turn, it with those before, the one before."""
    if len(turns) < 2:
        return [turn[:1000] for turn in turns]
    last, before = turns[-1], turns[-2]
    return [last[:1000], f"{before[: MAX_CHARS // 2]}\n{last}"[:1000], before[:1000]]


def _suggestions(text: str, lang: str, *, limit: int, queue: str | None) -> list[Suggestion]:
    sops = [
        Suggestion("sop", hit.score, _reason(hit.matched_text), hit.sop.title_in(lang), text, hit.sop, "")
        for hit in search_sops(text, limit=2, queue=queue)
        if hit.score >= WORTH_SHOWING
    ]
    faqs = [
        Suggestion(
            "faq", hit.score, _reason(hit.matched_text), hit.faq.question, text, hit.faq, hit.faq.answer
        )
        for hit in search_faqs(text, lang=lang, limit=limit)
    ]
    return sorted([*faqs, *sops], key=lambda found: -found.score)[:limit]


def _reason(matched_text: str) -> str:
    return _("Like “%(text)s”") % {"text": Truncator(matched_text).chars(80)}


def _with_steps(found: list[Suggestion], lang: str) -> list[Suggestion]:
    """SOPs with their steps, in one query for all."""
    revisions = [hit.item.current_revision_id for hit in found if isinstance(hit.item, Sop)]
    steps: dict[int, list[SopStep]] = {}
    for step in SopStep.objects.filter(revision__in=revisions).order_by("revision", "position"):
        steps.setdefault(step.revision_id, []).append(step)
    return [_complete(hit, hit.item, steps, lang) if isinstance(hit.item, Sop) else hit for hit in found]


def _complete(hit: Suggestion, sop: Sop, steps: dict[int, list[SopStep]], lang: str) -> Suggestion:
    spoken = detect_language(hit.query) or lang or FaqLanguage.ENGLISH
    own = [
        GuideStep(step.title, step.text, step.say(spoken))
        for step in steps.get(sop.current_revision_id or 0, [])
    ]
    return replace(hit, text=next((step.say for step in own if step.say), ""), steps=own)
