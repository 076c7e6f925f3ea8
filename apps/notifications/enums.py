from django.db import models
from django.utils.translation import gettext_lazy as _


class MilestoneName(models.TextChoices):
    """What customers are told by itself; ``milestones.py`` says how."""

    ORDER_PAID = "order_paid", _("Order paid")
    ORDER_SHIPPED = "order_shipped", _("Order shipped")
    ORDER_OUT_FOR_DELIVERY = "order_out_for_delivery", _("Order out for delivery")
    ORDER_DELIVERED = "order_delivered", _("Order delivered")
    ORDER_EXCEPTION = "order_exception", _("Problem with a delivery")
    REFUND_SUCCEEDED = "refund_succeeded", _("Refund done")
    REFUND_FAILED = "refund_failed", _("Refund did not go through")
    REFUND_REJECTED = "refund_rejected", _("Refund not granted")
    TICKET_RECEIVED = "ticket_received", _("Ticket received")
    SURVEY_INVITATION = "survey_invitation", _("Please rate your chat")
    MISSED_MESSAGES = "missed_messages", _("Messages missed in the chat")


class Category(models.TextChoices):
    """What a notification is about; customers may refuse e-mail of all but the first."""

    TRANSACTIONAL = "transactional", _("What the customer asked for")
    SERVICE = "service", _("News of orders and chats")
    SURVEY = "survey", _("Ratings")


class Mode(models.TextChoices):
    """Over which of its channels a notification goes."""

    FIRST = "first", _("The first that reaches the customer")
    ALL = "all", _("All of them")


class Language(models.TextChoices):
    """Languages that the templates are written in."""

    EN = "en", "English"
    ZH = "zh", "简体中文"


class ChannelName(models.TextChoices):
    """Ways to a customer, in the order in which they are tried."""

    CHAT = "chat", _("Open chat")
    EMAIL = "email", _("E-mail")


class DeliveryState(models.TextChoices):
    """Life of a delivery. ``done``: said in the chat, or the mail is in the outbox."""

    PENDING = "pending", _("Waiting")
    DONE = "done", _("Delivered")
    UNREACHED = "unreached", _("Not reachable this way")
    REFUSED = "refused", _("The customer wants no such e-mail")
    DEAD = "dead", _("Given up")


class MailState(models.TextChoices):
    """Life of a mail in the outbox. ``sent``: a mail server has taken it over."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Sent")
    DEAD = "dead", _("Given up")
