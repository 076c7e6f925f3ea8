from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.access import services as access
from apps.access.actors import Actor
from apps.audit import services as audit
from apps.common.errors import Invalid
from apps.knowledge.enums import SuggestionVerdict
from apps.knowledge.models import Faq, Sop, SuggestionFeedback
from apps.knowledge.models.suggestions import QUERY_MAX
from apps.knowledge.permissions import KnowledgeAction
from apps.knowledge.services.faqs import note_feedback


@transaction.atomic
def note_suggestion(
    suggested: Faq | Sop,
    *,
    actor: Actor | Any,
    verdict: str,
    context: str,
    query: str = "",
    score: float | None = None,
    now: datetime | None = None,
) -> bool:
    """Keep what an agent did with a suggestion in ``context``; False when that is known already.

    An FAQ's own counters move with it. Raises ``AccessDenied``, or ``Invalid`` for an unknown verdict.
    """
    access.require(actor, KnowledgeAction.NOTE_FEEDBACK)
    if verdict not in SuggestionVerdict.values:
        raise Invalid(fields={"verdict": [f"Not one of {', '.join(SuggestionVerdict.values)}."]})
    now = now or timezone.now()
    target = {"faq": suggested} if isinstance(suggested, Faq) else {"sop": suggested}
    shown = {"context": context[:80], "agent": actor, "verdict": verdict}
    rest = {"query": query[:QUERY_MAX], "score": score, "at": now}
    _row, created = SuggestionFeedback.objects.get_or_create(
        **({"faq": None, "sop": None} | target), **shown, defaults=rest
    )
    if not created:
        return False
    if isinstance(suggested, Faq):
        helped = verdict != SuggestionVerdict.NOT_HELPFUL
        note_feedback(suggested, actor=actor, helped=helped, now=now)
    else:
        audit.record(
            actor=actor, action=KnowledgeAction.NOTE_FEEDBACK, target=suggested, at=now, verdict=verdict
        )
    return True
