from django.db import models
from django.utils.translation import gettext_lazy as _


class ChatStatus(models.TextChoices):
    """Life of a chat session; ``NEXT`` holds the only moves allowed."""

    BOT = "bot", _("With the robot")
    QUEUED = "queued", _("Waiting in queue")
    ACTIVE = "active", _("With an agent")
    WRAP_UP = "wrap_up", _("Agent is writing up")
    CLOSED = "closed", _("Closed")


NEXT: dict[str, set[str]] = {
    ChatStatus.BOT: {ChatStatus.QUEUED, ChatStatus.CLOSED},
    ChatStatus.QUEUED: {
        ChatStatus.ACTIVE,
        ChatStatus.BOT,
        ChatStatus.CLOSED,
    },  # bot = offer of the robot taken
    ChatStatus.ACTIVE: {ChatStatus.QUEUED, ChatStatus.WRAP_UP, ChatStatus.CLOSED},  # queued = transfer
    ChatStatus.WRAP_UP: {ChatStatus.ACTIVE, ChatStatus.CLOSED},  # active = the customer had more to say
    ChatStatus.CLOSED: {ChatStatus.BOT, ChatStatus.QUEUED},  # reopened within the window
}

# The customer can still write, and somebody should answer.
OPEN = (ChatStatus.BOT, ChatStatus.QUEUED, ChatStatus.ACTIVE)


class WayOut(models.TextChoices):
    """What a customer may do instead of waiting."""

    TICKET = "ticket", _("Leave a message")
    BOT = "bot", _("Back to the robot")


class SenderKind(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")
    BOT = "bot", _("Robot")
    SYSTEM = "system", _("System")


class MessageKind(models.TextChoices):
    TEXT = "text", _("Text")
    IMAGE = "image", _("Image")
    FILE = "file", _("File")
    ORDER_CARD = "order_card", _("Order card")
    PRODUCT_CARD = "product_card", _("Product card")
    ARTICLE = "article", _("Article")
    NOTE = "note", _("Internal note")
    RECALL = "recall", _("Recall")
    EVENT = "event", _("System line")


# Messages that refer to an upload.
FILE_KINDS = frozenset({MessageKind.IMAGE, MessageKind.FILE})


class CloseReason(models.TextChoices):
    """Why a session ended: exactly one each."""

    RESOLVED = "resolved", _("Resolved by the agent")
    AGENT_CLOSED = "agent_closed", _("Closed by the agent")
    SPAM = "spam", _("Spam")
    CUSTOMER_ENDED = "customer_ended", _("Ended by the customer")
    CUSTOMER_SILENT = "customer_silent", _("Customer did not answer")
    CUSTOMER_LEFT = "customer_left", _("Customer left")
    QUEUE_ABANDONED = "queue_abandoned", _("Customer gave up waiting")
    BOT_ABANDONED = "bot_abandoned", _("Customer left the robot")


# What an agent may name when closing.
AGENT_REASONS = (CloseReason.RESOLVED, CloseReason.AGENT_CLOSED, CloseReason.SPAM)


class JoinMode(models.TextChoices):
    """How a supervisor takes part in somebody else's chat."""

    SILENT = "silent", _("Watch")
    WHISPER = "whisper", _("Whisper to the agent")
    BARGE = "barge", _("Speak to both")
    TAKEOVER = "takeover", _("Take over")


class Side(models.TextChoices):
    """The two sides of a chat, each with its own marks."""

    CUSTOMER = "customer", _("Customer")
    AGENT = "agent", _("Agent")


class RuleKind(models.TextChoices):
    """What ends a session by itself."""

    CUSTOMER_SILENT = "customer_silent", _("The customer does not answer the agent")
    CUSTOMER_LEFT = "customer_left", _("The customer left after an answer")
    QUEUE_ABANDONED = "queue_abandoned", _("The waiting customer gave up")
    BOT_ABANDONED = "bot_abandoned", _("Nobody talks to the robot any more")
    WRAP_UP_OVER = "wrap_up_over", _("The agent forgot to finish writing up")
