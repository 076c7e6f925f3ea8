from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Skill(models.Model):
    """What work may need and agents may have: a language, a product line, a certificate."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AgentSkill(models.Model):
    """An agent has a skill."""

    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="skills", verbose_name=_("agent")
    )
    skill = models.ForeignKey(Skill, models.CASCADE, related_name="holders", verbose_name=_("skill"))

    class Meta:
        verbose_name = _("agent’s skill")
        verbose_name_plural = _("agents’ skills")
        constraints = [models.UniqueConstraint(name="agent_skill_once", fields=["skill", "agent"])]

    def __str__(self) -> str:
        return f"{self.agent}: {self.skill}"
