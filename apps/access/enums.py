from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleSlug(models.TextChoices):
    """The system roles. Their actions come from the code; see ``registry``."""

    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    MANAGER = "manager", _("Manager")
    AUDITOR = "auditor", _("Auditor")
    API_CLIENT = "api_client", _("API client")


class GrantKind(models.TextChoices):
    """Whether a role is held all the time, or taken on for some hours when needed."""

    STANDING = "standing", _("Standing")
    ON_DEMAND = "on_demand", _("On demand")


class GrantState(models.TextChoices):
    """A grant counts while it is active, and within its times."""

    REQUESTED = "requested", _("Waits for approval")
    ACTIVE = "active", _("Active")
    REJECTED = "rejected", _("Rejected")
    REVOKED = "revoked", _("Revoked")
