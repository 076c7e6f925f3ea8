from django.db import models
from django.utils.translation import gettext_lazy as _


class FaqLanguage(models.TextChoices):
    """Languages that the desk answers in."""

    ENGLISH = "en", _("English")
    CHINESE = "zh-hans", _("简体中文")
