import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.access.names import OfAddress
from apps.common.fields import EncryptedTextField
from apps.inboxes.enums import InboundState, MailSecurity
from apps.inboxes.models.inbox import Inbox
from apps.inboxes.permissions import InboxAction


class EmailAccount(models.Model):
    """A mailbox that the desk reads by IMAP; what comes in belongs to ``inbox``.

    ``uidvalidity`` and ``last_uid`` are how far it was read: flags of the server play no part, so that people may
    look into the mailbox too.
    """

    inbox = models.ForeignKey(Inbox, models.PROTECT, related_name="email_accounts", verbose_name=_("inbox"))
    address = models.EmailField(_("e-mail address"), unique=True)
    is_active = models.BooleanField(_("is read"), default=True)
    host = models.CharField(_("IMAP server"), max_length=255)
    port = models.PositiveIntegerField(_("port"), default=993)
    security = models.CharField(_("encryption"), max_length=8, choices=MailSecurity, default=MailSecurity.SSL)
    username = models.CharField(_("user name"), max_length=255)
    password = EncryptedTextField(_("password"), blank=True)
    folder = models.CharField(_("folder"), max_length=120, default="INBOX")
    plus_addresses = models.BooleanField(
        _("knows plus addresses"),
        default=True,
        help_text=_(
            "Whether mail to support+anything@… arrives here too: answers to tickets then name theirs. Off where the "
            "server refuses it; answers are told by their Message-IDs alone."
        ),
    )
    uidvalidity = models.BigIntegerField(null=True, editable=False)
    last_uid = models.BigIntegerField(default=0, editable=False)
    locked_until = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(_("last read"), null=True, editable=False)
    error = models.CharField(_("last error"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("set up at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        ordering = ["address"]
        constraints = [
            models.CheckConstraint(
                name="mailbox_security_known", condition=Q(security__in=MailSecurity.values)
            ),
        ]

    def __str__(self) -> str:
        return self.address


class InboundEmailQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Rows ``user`` may read: all with ``READ_MAIL``, otherwise none."""
        return access.reachable(self, user, InboxAction.READ_MAIL)

    def due(self, now: datetime):
        """Mails that nobody has taken up and whose time has come, the oldest first."""
        return self.filter(state=InboundState.NEW, due_at__lte=now).order_by("due_at", "pk")


def raw_name(mail: "InboundEmail", filename: str) -> str:
    """A name of our own: nothing of the mail reaches the disk's names."""
    return f"mail/{mail.public_id.hex[:2]}/{mail.public_id.hex}.eml"


class InboundEmail(OfAddress, models.Model):
    """One mail as it came; the raw bytes are kept. The same Message-ID is stored once for an account.

    ``recipients`` are all addresses that it names or was delivered to. ``automatic`` says why a machine wrote it,
    empty for a human. ``thread`` is what an app above made of it, e.g. ``ticket:12``.
    """

    whose_address = "from_address"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(EmailAccount, models.PROTECT, related_name="mails", verbose_name=_("mailbox"))
    message_id = models.CharField(_("message id"), max_length=255)
    from_address = models.CharField(_("from"), max_length=320)
    from_name = models.CharField(_("name"), max_length=200, blank=True)
    recipients = ArrayField(models.CharField(max_length=320), default=list, verbose_name=_("to"))
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    text = models.TextField(_("text"), blank=True)
    reply_text = models.TextField(_("what is new in it"), blank=True)
    html = models.TextField(blank=True)  # sanitised
    headers = models.JSONField(_("headers"), default=dict)
    in_reply_to = models.CharField(max_length=255, blank=True)
    references = ArrayField(models.CharField(max_length=255), default=list)
    automatic = models.CharField(_("automatic"), max_length=80, blank=True)
    raw = models.FileField(upload_to=raw_name)
    thread = models.CharField(_("belongs to"), max_length=80, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=InboundState, default=InboundState.NEW)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField()
    error = models.CharField(_("why"), max_length=300, blank=True)
    received_at = models.DateTimeField(_("received at"))
    processed_at = models.DateTimeField(_("processed at"), null=True)

    objects = InboundEmailQuerySet.as_manager()

    class Meta:
        verbose_name = _("incoming mail")
        verbose_name_plural = _("incoming mail")
        constraints = [
            models.UniqueConstraint(name="inbound_mail_once", fields=["account", "message_id"]),
            models.CheckConstraint(name="inbound_mail_id_given", condition=~Q(message_id="")),
            models.CheckConstraint(
                name="inbound_mail_state_known", condition=Q(state__in=InboundState.values)
            ),
        ]
        indexes = [
            models.Index(name="inbound_mail_due", fields=["due_at"], condition=Q(state="new")),
            models.Index(name="inbound_mail_id", fields=["message_id"]),
            models.Index(name="inbound_mail_thread", fields=["thread", "-id"], condition=~Q(thread="")),
            models.Index(name="inbound_mail_from", fields=["from_address"]),
            # Whom it names: an erasure, a copy and a legal hold ask for each address of a customer.
            GinIndex(
                OpClass("recipients", name="array_ops"),
                OpClass(Cast("headers", models.TextField()), name="gin_trgm_ops"),
                OpClass("text", name="gin_trgm_ops"),
                OpClass("html", name="gin_trgm_ops"),
                name="inbound_mail_naming",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_address}: {self.subject}"


def file_name(file: "InboundFile", filename: str) -> str:
    """Beside the raw mail, under a name of our own."""
    return f"mail/{file.mail.public_id.hex[:2]}/{file.mail.public_id.hex}.{file.position}"


class InboundFile(models.Model):
    """An attachment of a mail, as it came."""

    mail = models.ForeignKey(InboundEmail, models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=200)
    mime = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    content_id = models.CharField(max_length=255, blank=True)
    file = models.FileField(upload_to=file_name)

    class Meta:
        verbose_name = _("file of a mail")
        verbose_name_plural = _("files of mails")
        constraints = [models.UniqueConstraint(name="inbound_file_place", fields=["mail", "position"])]

    def __str__(self) -> str:
        return self.name
