from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from apps.access import services as access
from apps.inboxes.enums import Channel
from apps.inboxes.origins import matches, validate_origin
from apps.inboxes.permissions import InboxAction
from apps.inboxes.texts import in_language, validate_questions, validate_texts

USE_INBOX = "use_inbox"
SECRET_MIN = 32  # characters; RFC 7518 §3.2 asks 256 bits of an HS256 key
REOPEN_MAX = 7 * 24 * 3600  # seconds


class InboxQuerySet(models.QuerySet):
    def active(self):
        """Inboxes that take new chats."""
        return self.filter(is_active=True)

    def visible_to(self, user):
        """Rows ``user`` may read: those they may use; all with ``READ_ANY``."""
        return access.reachable(self, user, InboxAction.READ)


class Inbox(models.Model):
    """One configured channel: who may embed it, how it greets, by which key its shop signs customers.

    ``greeting`` maps ``en`` and ``zh`` to a text; ``quick_questions`` is a list of
    ``{"id", "en", "zh"}``. Only ``apps.inboxes.services`` writes it.
    """

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel, default=Channel.WEB)
    is_active = models.BooleanField(_("takes new chats"), default=True)
    allowed_origins = ArrayField(
        models.CharField(max_length=255, validators=[validate_origin]),
        verbose_name=_("pages that may embed it"),
        default=list,
        blank=True,
        help_text=_(
            "Separate with commas, e.g. https://shop.example, https://*.shop.example. * allows every page."
        ),
    )
    identity_secret = models.CharField(_("identity secret"), max_length=128, blank=True, editable=False)
    shop_name = models.CharField(_("shop name"), max_length=80, blank=True)
    color = models.CharField(
        _("colour"), max_length=7, default="#4f46e5", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z")]
    )
    greeting = models.JSONField(
        _("greeting"),
        default=dict,
        blank=True,
        validators=[validate_texts],
        help_text=_('By language, e.g. {"en": "Hello!", "zh": "您好！"}'),
    )
    quick_questions = models.JSONField(
        _("quick questions"),
        default=list,
        blank=True,
        validators=[validate_questions],
        help_text=_('E.g. [{"id": "order", "en": "Where is my order?", "zh": "我的订单到哪儿了？"}]'),
    )
    privacy_url = models.URLField(
        _("privacy note"),
        max_length=300,
        blank=True,
        validators=[URLValidator(schemes=["https"])],
        help_text=_("Address of the shop's own page; a link to it stands where the chat begins."),
    )
    default_locale = models.CharField(_("language"), max_length=16, default=settings.LANGUAGE_CODE)
    reopen_seconds = models.PositiveIntegerField(
        _("reopen window"),
        default=900,
        validators=[MaxValueValidator(REOPEN_MAX)],
        help_text=_("Seconds after the end in which the customer may go on with the same chat."),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = InboxQuerySet.as_manager()

    SCOPE_PERMISSIONS = (USE_INBOX,)

    class Meta:
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")
        ordering = ["name", "pk"]
        permissions = [(USE_INBOX, "May use this inbox")]
        constraints = [
            models.CheckConstraint(name="inbox_channel_known", condition=Q(channel__in=Channel)),
            models.CheckConstraint(
                name="inbox_secret_long_enough",
                condition=Q(identity_secret="")
                | Q(GreaterThanOrEqual(Length("identity_secret"), SECRET_MIN)),
            ),
        ]

    def __str__(self):
        return self.name

    def access_scope(self) -> "Inbox":
        """An inbox is its own scope."""
        return self

    def allows_origin(self, origin: str) -> bool:
        """Whether pages of ``origin`` may talk to this inbox."""
        return matches(origin, self.allowed_origins)

    @property
    def signs_identities(self) -> bool:
        """Whether its shop may sign who a customer is."""
        return bool(self.identity_secret)

    def greeting_in(self, locale: str) -> str:
        """The greeting in the language of ``locale``, else in the inbox's own, else empty."""
        return in_language(self.greeting, locale, self.default_locale)

    def quick_questions_in(self, locale: str) -> list[dict[str, str]]:
        """The quick questions as ``{"id", "text"}``, each in the nearest language it has."""
        return [
            {"id": question["id"], "text": in_language(question, locale, self.default_locale)}
            for question in self.quick_questions
        ]


class InboxUserObjectPermission(UserObjectPermissionBase):
    """Which user may use which inbox."""

    content_object = models.ForeignKey(Inbox, on_delete=models.CASCADE)


class InboxGroupObjectPermission(GroupObjectPermissionBase):
    """Which group may use which inbox."""

    content_object = models.ForeignKey(Inbox, on_delete=models.CASCADE)
