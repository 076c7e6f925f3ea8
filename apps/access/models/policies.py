from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.access.policies import files


class Policy(models.Model):
    """A document in RAM's grammar, attached to roles; a guardrail counts for everybody.

    ``document`` is that of the newest ``PolicyVersion``. Only ``apps.access.policies.services`` writes it.
    """

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    description = models.CharField(_("description"), max_length=300, blank=True)
    document = models.JSONField(_("document"))
    version = models.PositiveIntegerField(_("version"), default=1)
    is_system = models.BooleanField(_("comes with the desk"), default=False, editable=False)
    is_guardrail = models.BooleanField(
        _("for everybody"), default=False, help_text=_("Its denials count for everybody; it allows nothing.")
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        ordering = ["name"]

    def __str__(self) -> str:
        return (self.is_system and files.local(self.slug, "name")) or self.name

    @property
    def purpose(self) -> str:
        """The description, in the reader's language where it comes with the desk."""
        return (self.is_system and files.local(self.slug, "description")) or self.description


class PolicyVersion(models.Model):
    """What a policy said from ``at`` until the next version; never changed."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions", verbose_name=_("policy"))
    number = models.PositiveIntegerField(_("version"))
    document = models.JSONField(_("document"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(name="policy_version_number", fields=["policy", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"
