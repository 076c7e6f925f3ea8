from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.names import OfAddress, OfCustomer
from apps.common.ids import public_id
from apps.customers.models import Customer
from apps.notifications.enums import (
    Category,
    ChannelName,
    DeliveryState,
    Language,
    MailState,
    MilestoneName,
    Mode,
)
from apps.notifications.permissions import NotificationAction


class VisibleToReaders(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: all with ``READ``, otherwise none."""
        return access.reachable(self, user, NotificationAction.READ)


class OutboxQuerySet(VisibleToReaders):
    def due(self, now: datetime):
        """Rows whose time has come, the longest waiting first."""
        return self.filter(state="pending", due_at__lte=now).order_by("due_at", "pk")

    def dead(self):
        """Rows that were given up and wait for somebody to look."""
        return self.filter(state="dead")


class Notification(OfCustomer, models.Model):
    """Something a customer is told once. ``dedupe`` names the occasion, e.g. ``order:1001:shipped``."""

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="notifications", verbose_name=_("customer")
    )
    milestone = models.CharField(_("milestone"), max_length=40, choices=MilestoneName)
    dedupe = models.CharField(_("occasion"), max_length=160)
    category = models.CharField(_("category"), max_length=16, choices=Category)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode)
    channels = ArrayField(models.CharField(max_length=16, choices=ChannelName), verbose_name=_("channels"))
    language = models.CharField(_("language"), max_length=4, choices=Language)
    urgent = models.BooleanField(_("goes out at night"), default=False)
    data = models.JSONField(_("facts"), default=dict, encoder=DjangoJSONEncoder)
    mail = models.JSONField(default=dict)  # headers, reply_to, message_id of the mail, when it becomes one
    created_at = models.DateTimeField(_("created at"))

    objects = VisibleToReaders.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(name="notification_once", fields=["customer", "dedupe"]),
            models.CheckConstraint(name="notification_dedupe_given", condition=~Q(dedupe="")),
            models.CheckConstraint(
                name="notification_category_known", condition=Q(category__in=Category.values)
            ),
        ]
        indexes = [models.Index(name="notification_by_customer", fields=["customer", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_milestone_display()} · {self.dedupe}"


class NotificationDelivery(models.Model):
    """One way on which a notification goes, with its tries. Only ``apps.notifications.services`` writes it."""

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="deliveries")
    channel = models.CharField(_("channel"), max_length=16, choices=ChannelName)
    state = models.CharField(_("state"), max_length=12, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due at"))
    error = models.CharField(_("last error"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("delivered at"), null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(name="delivery_one_per_channel", fields=["notification", "channel"]),
            models.CheckConstraint(name="delivery_state_known", condition=Q(state__in=DeliveryState.values)),
            models.CheckConstraint(
                name="delivery_channel_known", condition=Q(channel__in=ChannelName.values)
            ),
            models.CheckConstraint(
                name="delivery_done_has_time",
                condition=Q(state="done", sent_at__isnull=False) | (~Q(state="done") & Q(sent_at=None)),
            ),
        ]
        indexes = [
            models.Index(name="delivery_due", fields=["due_at"], condition=Q(state="pending")),
            models.Index(name="delivery_dead", fields=["-id"], condition=Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_state_display()}"


class OutgoingEmail(OfAddress, models.Model):
    """One mail in the outbox; ``message_id`` stays the same however often it is sent.

    A worker that dies after the server took the mail sends it again: at least once, told apart by that id.
    """

    whose_address = "to_address"

    dedupe = models.CharField(_("occasion"), max_length=200, unique=True)
    delivery = models.OneToOneField(
        NotificationDelivery, models.SET_NULL, null=True, related_name="email", verbose_name=_("delivery")
    )
    from_address = models.CharField(_("from"), max_length=320)
    to_address = models.EmailField(_("to"))
    reply_to = models.CharField(_("reply to"), max_length=320, blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    headers = models.JSONField(_("headers"), default=dict)
    files = models.JSONField(_("attachments"), default=list)  # [{"name", "mime", "stored"}]
    message_id = models.CharField(_("message id"), max_length=255, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=MailState, default=MailState.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due at"))
    locked_until = models.DateTimeField(null=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"))
    sent_at = models.DateTimeField(_("sent at"), null=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mail")
        constraints = [
            models.CheckConstraint(name="mail_state_known", condition=Q(state__in=MailState.values)),
            models.CheckConstraint(
                name="mail_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
            ),
            models.CheckConstraint(name="mail_id_given", condition=~Q(message_id="") & ~Q(dedupe="")),
        ]
        indexes = [
            models.Index(name="mail_due", fields=["due_at"], condition=Q(state="pending")),
            models.Index(name="mail_dead", fields=["-id"], condition=Q(state="dead")),
            models.Index(name="mail_by_recipient", fields=["to_address", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.to_address}: {self.subject}"


class NotificationTemplate(models.Model):
    """Texts of a milestone in one language, in place of those that the desk brings; empty fields change nothing."""

    milestone = models.CharField(_("milestone"), max_length=40, choices=MilestoneName)
    language = models.CharField(_("language"), max_length=4, choices=Language)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text of the e-mail"), blank=True)
    chat = models.TextField(_("text in the chat"), blank=True)
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("notification text")
        verbose_name_plural = _("notification texts")
        ordering = ["milestone", "language"]
        constraints = [
            models.UniqueConstraint(name="template_one_per_language", fields=["milestone", "language"]),
            models.CheckConstraint(name="template_language_known", condition=Q(language__in=Language.values)),
        ]

    def __str__(self) -> str:
        return f"{self.get_milestone_display()} ({self.language})"


class OptOutQuerySet(VisibleToReaders):
    def of_customer(self, public_id: str):
        """Those of the address of a customer."""
        customer = Customer.objects.filter(public_id=public_id).annotate(address=Lower("email"))
        return self.filter(address__in=customer.values("address"))


class OptOut(models.Model):
    """An address that wants no e-mail of a category. ``address`` is in lower case."""

    address = models.EmailField(_("e-mail address"))
    category = models.CharField(_("category"), max_length=16, choices=Category)
    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    at = models.DateTimeField(_("since"))

    objects = OptOutQuerySet.as_manager()

    class Meta:
        verbose_name = _("opt-out")
        verbose_name_plural = _("opt-outs")
        constraints = [
            models.UniqueConstraint(name="opt_out_once", fields=["address", "category"]),
            # What the customer asked for is sent whatever they think of news.
            models.CheckConstraint(
                name="opt_out_not_transactional", condition=Q(category__in=["service", "survey"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_category_display()}"
