from django.db import models
from django.utils.translation import gettext_lazy as _


class PurgeState(models.TextChoices):
    """Life of one purge."""

    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


class ExportState(models.TextChoices):
    """Life of a copy of somebody's data."""

    PENDING = "pending", _("Waiting")
    BUILDING = "building", _("Being built")
    READY = "ready", _("Ready")
    EXPIRED = "expired", _("Deleted after its time")
    FAILED = "failed", _("Failed")


class ErasureState(models.TextChoices):
    """Life of an erasure: asked for by one person, confirmed by another, done by a worker."""

    REQUESTED = "requested", _("Waiting for a second person")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ErasureReason(models.TextChoices):
    """Why data goes; a closed list, for what is written about it outlives the data."""

    CUSTOMER = "customer", _("The customer asked for it")
    SHOP = "shop", _("The shop asked for it")
    OFFICER = "officer", _("The data protection officer decided it")


class ConsentPurpose(models.TextChoices):
    """What somebody may agree to."""

    TRANSCRIPT = "transcript", _("Chat transcripts by e-mail")
    QUALITY = "quality", _("Use of conversations for training")
    MARKETING = "marketing", _("Marketing")


class ConsentSource(models.TextChoices):
    """How it was said."""

    WIDGET = "widget", _("In the chat window")
    AGENT = "agent", _("Told an agent")
    SHOP = "shop", _("In the shop")


EXPORT_OPEN = (ExportState.PENDING, ExportState.BUILDING)
ERASURE_OPEN = (ErasureState.REQUESTED, ErasureState.RUNNING)
