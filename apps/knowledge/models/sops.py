from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.models import User
from apps.knowledge.enums import FaqLanguage, RevisionState
from apps.knowledge.models.faqs import FaqCategory
from apps.knowledge.permissions import KnowledgeAction

KEYWORD_MAX = 120  # characters
SAY_MAX = 4_000


class SopQuerySet(models.QuerySet):
    def in_force(self):
        """Those that agents work by: active, with an approved revision."""
        return self.filter(is_active=True, current_revision__isnull=False)

    def visible_to(self, user):
        """Rows ``user`` may read: drafts and retired ones only for those who write or review."""
        if not access.can(user, KnowledgeAction.READ_SOP):
            return self.none()
        if access.can(user, KnowledgeAction.READ_SOP_DRAFT):
            return self
        return self.in_force()

    def for_queue(self, slug: str):
        """Those of the queue and those of every queue."""
        return self.filter(queue__in=["", slug])


class Sop(models.Model):
    """A guide for one kind of request; what it says stands in its revisions. Only the services write it."""

    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=120)
    title_zh = models.CharField(_("title in Chinese"), max_length=120, blank=True)
    category = models.ForeignKey(FaqCategory, models.PROTECT, related_name="sops", verbose_name=_("category"))
    # A slug, not a key: this app does not know routing. Empty: for every queue.
    queue = models.SlugField(_("queue"), max_length=60, blank=True, help_text=_("Empty for every queue."))
    keywords = ArrayField(
        models.CharField(max_length=KEYWORD_MAX),
        verbose_name=_("what customers say"),
        default=list,
        blank=True,
        help_text=_("Phrases in English or Chinese by which it is suggested."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    current_revision = models.OneToOneField(
        "knowledge.SopRevision",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="current_of",
        verbose_name=_("current revision"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated at"), default=timezone.now, editable=False)

    objects = SopQuerySet.as_manager()

    class Meta:
        verbose_name = _("SOP")
        verbose_name_plural = _("SOPs")
        ordering = ["slug"]
        constraints = [models.CheckConstraint(name="sop_has_title", condition=~Q(title=""))]

    def __str__(self) -> str:
        return self.title_in(get_language() or "")

    def title_in(self, lang: str) -> str:
        """Its title in ``lang``, else in English."""
        return (self.title_zh if lang.startswith("zh") else "") or self.title


class SopRevision(models.Model):
    """One version of a SOP. Its text is fixed once it leaves the draft; a second person approves it."""

    sop = models.ForeignKey(Sop, models.PROTECT, related_name="revisions", verbose_name=_("SOP"))
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(
        _("state"), max_length=10, choices=RevisionState, default=RevisionState.DRAFT, editable=False
    )
    lang = models.CharField(_("written in"), max_length=10, choices=FaqLanguage, default=FaqLanguage.ENGLISH)
    body = models.TextField(_("when and why"), max_length=8_000, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,  # the desk itself, such as an import
        related_name="sop_revisions",
        verbose_name=_("author"),
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reviewed_sop_revisions",
        verbose_name=_("reviewer"),
    )
    note = models.CharField(_("reviewer's note"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True, editable=False)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("SOP revision")
        verbose_name_plural = _("SOP revisions")
        ordering = ["sop", "-number"]
        constraints = [
            models.UniqueConstraint(name="sop_revision_once", fields=["sop", "number"]),
            models.UniqueConstraint(
                name="sop_one_open_revision", fields=["sop"], condition=Q(state__in=["draft", "in_review"])
            ),
            models.CheckConstraint(name="sop_state_known", condition=Q(state__in=RevisionState.values)),
            models.CheckConstraint(
                name="sop_reviewer_is_another",
                condition=Q(author=None) | Q(reviewer=None) | ~Q(author=F("reviewer")),
            ),
            models.CheckConstraint(
                name="sop_reviewed_is_whole",
                condition=Q(state__in=["approved", "rejected"], reviewed_at__isnull=False)
                | Q(state__in=["draft", "in_review"], reviewed_at=None, reviewer=None, note=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sop} #{self.number}"

    def is_written_by(self, user: User) -> bool:
        """Whether ``user`` wrote it, or a program of theirs."""
        return self.author is not None and user.is_behind(self.author)


class SopStep(models.Model):
    """One step of a revision: what the agent does, and what may be sent to the customer as it stands."""

    revision = models.ForeignKey(SopRevision, models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(_("position"))
    title = models.CharField(_("step"), max_length=120)
    text = models.TextField(_("what the agent does"), max_length=4_000, blank=True)
    say_en = models.TextField(_("text to send, English"), max_length=SAY_MAX, blank=True)
    say_zh = models.TextField(_("text to send, Chinese"), max_length=SAY_MAX, blank=True)

    class Meta:
        verbose_name = _("SOP step")
        verbose_name_plural = _("SOP steps")
        ordering = ["revision", "position"]
        constraints = [models.UniqueConstraint(name="sop_step_once", fields=["revision", "position"])]

    def __str__(self) -> str:
        return f"{self.position}. {self.title}"

    def say(self, lang: str) -> str:
        """The text to send in ``lang``; empty when the step has none."""
        return self.say_zh if lang.startswith("zh") else self.say_en
