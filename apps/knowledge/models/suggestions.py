from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.knowledge.enums import SuggestionVerdict
from apps.knowledge.models.faqs import Faq
from apps.knowledge.models.sops import Sop

QUERY_MAX = 300  # characters of the customer's words that are kept


class SuggestionFeedback(models.Model):
    """What an agent did with a suggestion: what the matcher learns from, and how its use is measured.

    ``context`` names where it was shown, such as ``chat:<public id>``. One verdict a kind, agent and context.
    """

    faq = models.ForeignKey(Faq, models.CASCADE, null=True, related_name="feedback", verbose_name=_("FAQ"))
    sop = models.ForeignKey(Sop, models.CASCADE, null=True, related_name="feedback", verbose_name=_("SOP"))
    verdict = models.CharField(_("verdict"), max_length=12, choices=SuggestionVerdict)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("agent")
    )
    context = models.CharField(_("shown in"), max_length=80)
    query = models.CharField(_("customer's words"), max_length=QUERY_MAX, blank=True)
    score = models.FloatField(_("score"), null=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("suggestion feedback")
        verbose_name_plural = _("suggestion feedback")
        constraints = [
            models.CheckConstraint(
                name="suggestion_of_one_thing",
                condition=Q(faq__isnull=True, sop__isnull=False) | Q(faq__isnull=False, sop__isnull=True),
            ),
            models.CheckConstraint(
                name="suggestion_verdict_known", condition=Q(verdict__in=SuggestionVerdict.values)
            ),
            models.UniqueConstraint(
                name="suggestion_verdict_once",
                fields=["context", "agent", "faq", "sop", "verdict"],
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(name="suggestion_by_time", fields=["at"])]

    def __str__(self) -> str:
        return f"{self.faq or self.sop}: {self.verdict}"
