from django.db import models
from django.utils.translation import gettext_lazy as _


class FaqLanguage(models.TextChoices):
    """Languages that the desk answers in."""

    ENGLISH = "en", _("English")
    CHINESE = "zh-hans", _("简体中文")


class RevisionState(models.TextChoices):
    """Life of a SOP revision; ``REVISION_NEXT`` holds the only moves."""

    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


REVISION_NEXT = {
    RevisionState.DRAFT: {RevisionState.IN_REVIEW},
    RevisionState.IN_REVIEW: {RevisionState.DRAFT, RevisionState.APPROVED, RevisionState.REJECTED},
    RevisionState.APPROVED: set(),
    RevisionState.REJECTED: set(),  # its author drafts the next one from it
}


class SuggestionVerdict(models.TextChoices):
    """What an agent did with a suggestion."""

    INSERTED = "inserted", _("Put into the reply")
    SENT = "sent", _("Sent as it is")
    NOT_HELPFUL = "not_helpful", _("Not helpful")
