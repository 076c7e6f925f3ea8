from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """Through what a customer reaches the desk."""

    WEB = "web", _("Web page")
    APP = "app", _("Mobile app")
    MINI_PROGRAM = "mini_program", _("Mini program")
