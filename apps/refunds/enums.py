from django.db import models
from django.utils.translation import gettext_lazy as _


class RefundState(models.TextChoices):
    """Life of a refund; ``NEXT`` holds the only moves allowed."""

    REQUESTED = "requested", _("Waiting for approval")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    CANCELLED = "cancelled", _("Withdrawn")
    SUBMITTING = "submitting", _("Being sent")  # one worker talks to the gateway
    PROCESSING = "processing", _("At the gateway")
    UNKNOWN = "unknown", _("Outcome unknown")  # it may have been executed; the gateway is asked
    SUCCEEDED = "succeeded", _("Refunded")
    FAILED = "failed", _("Failed")


S = RefundState

NEXT: dict[RefundState, frozenset[RefundState]] = {
    S.REQUESTED: frozenset({S.APPROVED, S.REJECTED, S.CANCELLED}),
    # To an end without being sent again: news of an earlier call came late.
    S.APPROVED: frozenset({S.SUBMITTING, S.CANCELLED, S.PROCESSING, S.SUCCEEDED, S.FAILED}),
    # Back to approved: the call was certainly not taken, it is made again later.
    S.SUBMITTING: frozenset({S.APPROVED, S.PROCESSING, S.UNKNOWN, S.SUCCEEDED, S.FAILED}),
    S.PROCESSING: frozenset({S.UNKNOWN, S.SUCCEEDED, S.FAILED}),
    # Back to approved: the gateway knows no such refund, so the same number is sent again.
    S.UNKNOWN: frozenset({S.APPROVED, S.PROCESSING, S.SUCCEEDED, S.FAILED}),
    # A bank may send the money back (Stripe: failed after succeeded), a gateway correct itself.
    S.SUCCEEDED: frozenset({S.FAILED}),
    S.FAILED: frozenset({S.SUCCEEDED}),
    S.REJECTED: frozenset(),
    S.CANCELLED: frozenset(),
}

# These hold no part of what was paid.
RELEASED = frozenset({S.REJECTED, S.CANCELLED, S.FAILED})
ENDED = RELEASED | {S.SUCCEEDED}
# The worker has something to do with these.
OPEN = frozenset({S.APPROVED, S.SUBMITTING, S.PROCESSING, S.UNKNOWN})


class RefundReason(models.TextChoices):
    """Why money goes back."""

    NOT_RECEIVED = "not_received", _("Not received")
    DAMAGED = "damaged", _("Damaged or faulty")
    WRONG_ITEM = "wrong_item", _("Wrong item")
    RETURNED = "returned", _("Goods returned")
    CANCELLED_ORDER = "cancelled_order", _("Order cancelled")
    PRICE = "price", _("Price adjustment")
    GOODWILL = "goodwill", _("Goodwill")
    OTHER = "other", _("Other")


class Verdict(models.TextChoices):
    """What the second person said."""

    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class AttemptKind(models.TextChoices):
    """What was asked of the gateway."""

    SUBMIT = "submit", _("Sent")
    QUERY = "query", _("Asked")


class NoticeState(models.TextChoices):
    """What became of a notification of the gateway."""

    NEW = "new", _("Waiting")
    PROCESSED = "processed", _("Processed")
    IGNORED = "ignored", _("Ignored")


class ReportState(models.TextChoices):
    """Whether the shop has heard of a refund's end."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Sent")
    DEAD = "dead", _("Given up")


class LedgerKind(models.TextChoices):
    """Why money was booked."""

    REFUND = "refund", _("Refund")
    REVERSAL = "reversal", _("Money came back")
