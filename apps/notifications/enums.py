from django.db import models
from django.utils.translation import gettext_lazy as _


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
