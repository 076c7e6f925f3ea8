"""What suggestions keep of customers' words."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.registry import DataKind, Rows, register
from apps.knowledge.models import SuggestionFeedback

# ``TextVector`` holds vectors of the knowledge base alone: customers' words are encoded in memory.
register(
    DataKind(
        slug="knowledge.feedback",
        name=_("Words for which agents were given suggestions"),
        owner=SuggestionFeedback,
        belongs=lambda subject: Q(context__in=subject.trace("context")),
        rows=(Rows(SuggestionFeedback, blank={"query": ""}, told=("context", "verdict", "at")),),
        age="at",
        ripe=~Q(query=""),
        keep_days=365,
    ),
)
