from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleSlug(models.TextChoices):
    """The system roles. Their actions come from the code; see ``registry``."""

    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    MANAGER = "manager", _("Manager")
    AUDITOR = "auditor", _("Auditor")
    API_CLIENT = "api_client", _("API client")
