from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """Through what a customer reaches the desk."""

    WEB = "web", _("Web page")
    APP = "app", _("Mobile app")
    MINI_PROGRAM = "mini_program", _("Mini program")


class MailSecurity(models.TextChoices):
    """How the way to a mail server is protected."""

    SSL = "ssl", _("TLS from the start")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("None (own network only)")


class InboundState(models.TextChoices):
    """Life of an incoming mail. ``failed`` waits for somebody to look at it."""

    NEW = "new", _("New")
    THREADED = "threaded", _("Taken up")
    IGNORED = "ignored", _("Left aside")
    FAILED = "failed", _("Failed")
