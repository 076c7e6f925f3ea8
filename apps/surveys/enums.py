from django.db import models
from django.utils.translation import gettext_lazy as _


class SurveyState(models.TextChoices):
    """Life of a survey: offered once, then answered or left."""

    OFFERED = "offered", _("Offered")
    ANSWERED = "answered", _("Answered")
    EXPIRED = "expired", _("Not answered")
