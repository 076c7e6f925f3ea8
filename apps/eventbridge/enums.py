from django.db import models
from django.utils.translation import gettext_lazy as _


class AuthMode(models.TextChoices):
    """How a source proves that an event is its own."""

    STANDARD_WEBHOOKS = "standard_webhooks", _("Standard Webhooks (HMAC)")
    BEARER = "bearer", _("Bearer token")
    EVENTBRIDGE_V2 = "eventbridge_v2", _("Alibaba Cloud EventBridge (RSA)")
    ADAPTER = "adapter", _("By its own adapter")  # has an address of its own, and takes nothing here


SECRETLESS = (AuthMode.EVENTBRIDGE_V2, AuthMode.ADAPTER)


class EventState(models.TextChoices):
    """Life of a received event; what is new or failed is worked on by itself, the rest only when replayed."""

    NEW = "new", _("New")
    PROCESSED = "processed", _("Processed")
    IGNORED = "ignored", _("Nobody's business")
    FAILED = "failed", _("Failed, will be retried")
    DEAD = "dead", _("Given up")


OPEN = (EventState.NEW, EventState.FAILED)


class EventForm(models.TextChoices):
    """How the event stood in the request, hence how its stored bytes are read."""

    STRUCTURED = "structured", _("Structured")
    BINARY = "binary", _("Binary")
    BATCH = "batch", _("Part of a batch")
