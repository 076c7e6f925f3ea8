from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.knowledge.enums import FaqLanguage
from apps.knowledge.permissions import KnowledgeAction

QUESTION_MAX = 300  # characters
ANSWER_MAX = 4_000
validate_key = RegexValidator(
    r"^[a-z0-9]+(?:[.\-_][a-z0-9]+)*\Z", _("Small letters, digits, dots and hyphens.")
)
validate_shortcut = RegexValidator(r"^[\w\-]+\Z", _("One word, typed after the slash."))


class FaqCategory(models.Model):
    """A subject that shoppers pick from, such as shipping."""

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    name_en = models.CharField(_("name in English"), max_length=60)
    name_zh = models.CharField(_("name in Chinese"), max_length=60)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("FAQ category")
        verbose_name_plural = _("FAQ categories")
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name_in(get_language() or "")

    def name_in(self, lang: str) -> str:
        """Its name in ``lang``."""
        return self.name_zh if lang == FaqLanguage.CHINESE else self.name_en


class FaqQuerySet(models.QuerySet):
    def active(self):
        """Those that are answered from."""
        return self.filter(is_active=True)

    def visible_to(self, user):
        """Rows ``user`` may read: retired ones only with ``READ_RETIRED``."""
        if not access.can(user, KnowledgeAction.READ):
            return self.none()
        return self if access.can(user, KnowledgeAction.READ_RETIRED) else self.active()


class Faq(models.Model):
    """One question that shoppers ask, in one language, with its answer. Only the services write it.

    ``topic`` is what its translations share. An FAQ that ``hands_off`` is answered by a human.
    """

    key = models.CharField(_("key"), max_length=120, unique=True, validators=[validate_key])
    topic = models.CharField(_("topic"), max_length=110, validators=[validate_key])
    category = models.ForeignKey(FaqCategory, models.PROTECT, related_name="faqs", verbose_name=_("category"))
    lang = models.CharField(_("language"), max_length=10, choices=FaqLanguage)
    question = models.CharField(_("question"), max_length=QUESTION_MAX)
    answer = models.TextField(_("answer"), max_length=ANSWER_MAX)
    product = models.CharField(
        _("product"),
        max_length=40,
        blank=True,
        help_text=_("Its SKU when the answer is about one product, e.g. SH-101."),
    )
    is_active = models.BooleanField(_("answered from"), default=True)
    hands_off = models.BooleanField(
        _("brings in a human"),
        default=False,
        help_text=_("The robot does not answer it but calls a colleague."),
    )
    source = models.CharField(_("source"), max_length=120, blank=True)
    license = models.CharField(_("licence"), max_length=80, blank=True)
    helpful = models.PositiveIntegerField(_("helped"), default=0, editable=False)
    unhelpful = models.PositiveIntegerField(_("did not help"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = FaqQuerySet.as_manager()

    class Meta:
        verbose_name = _("FAQ")
        verbose_name_plural = _("FAQs")
        ordering = ["key"]
        constraints = [
            models.CheckConstraint(name="faq_language_known", condition=Q(lang__in=FaqLanguage.values)),
            models.CheckConstraint(
                name="faq_has_question_and_answer", condition=~Q(question="") & ~Q(answer="")
            ),
            models.UniqueConstraint(name="faq_one_per_topic_and_language", fields=["topic", "lang"]),
        ]
        indexes = [
            models.Index(
                name="faq_active_by_category", fields=["category", "lang"], condition=Q(is_active=True)
            ),
        ]

    def __str__(self) -> str:
        return self.question


class FaqQuestion(models.Model):
    """Another way to ask an FAQ, in the words of shoppers."""

    faq = models.ForeignKey(Faq, models.CASCADE, related_name="alternatives", verbose_name=_("FAQ"))
    position = models.PositiveIntegerField(default=0)
    text = models.CharField(_("question"), max_length=QUESTION_MAX)

    class Meta:
        verbose_name = _("other way to ask")
        verbose_name_plural = _("other ways to ask")
        ordering = ["faq", "position"]
        constraints = [
            models.UniqueConstraint(name="faq_question_once", fields=["faq", "text"]),
            models.CheckConstraint(name="faq_question_not_empty", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return self.text


class CannedReplyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All replies for those who may read them."""
        return access.reachable(self, user, KnowledgeAction.READ_REPLY)

    def for_queue(self, slug: str):
        """Those of the queue and those of every queue."""
        return self.filter(queue__in=["", slug])


class CannedReply(models.Model):
    """A text that agents put into a chat by ``/shortcut``."""

    shortcut = models.CharField(_("shortcut"), max_length=40, validators=[validate_shortcut])
    title = models.CharField(_("title"), max_length=80)
    body = models.TextField(_("text"), max_length=ANSWER_MAX)
    lang = models.CharField(_("language"), max_length=10, choices=FaqLanguage)
    # A slug, not a key: this app does not know routing. Empty: for every queue.
    queue = models.SlugField(_("queue"), max_length=60, blank=True, help_text=_("Empty for every queue."))
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = CannedReplyQuerySet.as_manager()

    class Meta:
        verbose_name = _("canned reply")
        verbose_name_plural = _("canned replies")
        ordering = ["shortcut", "lang", "queue"]
        constraints = [
            models.UniqueConstraint(name="canned_reply_once", fields=["shortcut", "lang", "queue"]),
            models.CheckConstraint(
                name="canned_reply_language_known", condition=Q(lang__in=FaqLanguage.values)
            ),
            models.CheckConstraint(name="canned_reply_not_empty", condition=~Q(body="") & ~Q(shortcut="")),
        ]

    def __str__(self) -> str:
        return f"/{self.shortcut}"
