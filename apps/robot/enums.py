from django.db import models
from django.utils.translation import gettext_lazy as _


class TurnOutcome(models.TextChoices):
    """What the robot did about what the customer said."""

    GREETED = "greeted", _("Greeted")
    ANSWERED = "answered", _("Answered")
    CLARIFIED = "clarified", _("Asked back")
    LISTED = "listed", _("Listed questions")
    SMALL_TALK = "small_talk", _("Small talk")
    ORDER_ASKED = "order_asked", _("Asked for the order")
    ORDER_TOLD = "order_told", _("Told about an order")
    HANDED_OFF = "handed_off", _("Handed off")


class HandOffReason(models.TextChoices):
    """Why the robot brings in a human."""

    ASKED = "asked", _("The customer asked for a human")
    NOT_UNDERSTOOD = "not_understood", _("Not understood twice")
    NOT_HELPED = "not_helped", _("The answer did not help")
    FILE = "file", _("The customer sent a file")
    BY_FAQ = "by_faq", _("The FAQ says so")
    PARCEL = "parcel", _("The parcel is in trouble")
    NOT_VERIFIED = "not_verified", _("The order could not be confirmed")
    NO_REFUND = "no_refund", _("The order has no refund")


class FlowKind(models.TextChoices):
    """What the customer wants to know of an order."""

    PARCEL = "parcel", _("Where it is")
    REFUND = "refund", _("Where the refund is")
