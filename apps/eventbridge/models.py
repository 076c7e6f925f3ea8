from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.common.fields import EncryptedTextField
from apps.common.ids import public_id
from apps.eventbridge.enums import OPEN, SECRETLESS, AuthMode, EventForm, EventState
from apps.eventbridge.permissions import EventAction

SECRET_MIN = 16  # characters


class EventSourceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All to those who may read sources, none to others."""
        return access.reachable(self, user, EventAction.READ_SOURCE)


class EventSource(models.Model):
    """Who may send events to ``/api/v1/events/<slug>/`` and how they prove it. Services write it, never a page.

    During a rotation two secrets are valid: ``secret``, and ``previous_secret`` until ``previous_until``.
    """

    slug = models.SlugField(_("slug"), unique=True, help_text=_("Last part of the address that it sends to."))
    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Switched off, it is told that the address is retired (410).")
    )
    auth = models.CharField(_("proof"), max_length=20, choices=AuthMode, default=AuthMode.STANDARD_WEBHOOKS)
    secret = EncryptedTextField(_("secret"), blank=True, validators=[MinLengthValidator(SECRET_MIN)])
    previous_secret = EncryptedTextField(_("previous secret"), blank=True)
    previous_until = models.DateTimeField(_("previous secret valid until"), null=True, blank=True)
    types = ArrayField(
        models.CharField(max_length=120),
        verbose_name=_("event types"),
        default=list,
        blank=True,
        help_text=_(
            "Patterns such as shop.order.*; what matches none is kept and ignored. Empty: every type."
        ),
    )
    certificate_origins = ArrayField(
        models.CharField(max_length=200),
        verbose_name=_("certificate hosts"),
        default=list,
        blank=True,
        help_text=_(
            "Of EventBridge, such as https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com. "
            "Empty: those of Alibaba Cloud's regions."
        ),
    )

    objects = EventSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("event source")
        verbose_name_plural = _("event sources")
        constraints = [
            models.CheckConstraint(name="event_source_auth_known", condition=Q(auth__in=AuthMode)),
            models.CheckConstraint(
                name="event_source_has_secret", condition=Q(auth__in=SECRETLESS) | ~Q(secret="")
            ),
            models.CheckConstraint(
                name="event_source_previous_ends",
                condition=Q(previous_secret="") | Q(previous_until__isnull=False),
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self) -> None:
        """A certificate over plain HTTP proves nothing, except on the own machine."""
        plain = [origin for origin in self.certificate_origins if not is_safe_origin(origin)]
        if plain:
            raise ValidationError(
                {"certificate_origins": _("Give addresses as https://host, without a path.")}
            )

    def may_send(self, event_type: str) -> bool:
        """Whether events of this type from here are to be believed."""
        return not self.types or any(fnmatchcase(event_type, pattern) for pattern in self.types)

    def secrets_at(self, now: datetime) -> list[str]:
        """The secrets valid at ``now``, the current one first."""
        still = self.previous_secret and self.previous_until and now < self.previous_until
        return [secret for secret in (self.secret, self.previous_secret if still else "") if secret]


def is_safe_origin(origin: str) -> bool:
    """Whether ``origin`` is ``https://host`` (or HTTP on the loopback) and nothing more."""
    scheme, _, host = origin.partition("://")
    if not host or any(mark in host for mark in "/@?# "):
        return False
    return scheme == "https" or (scheme == "http" and host.partition(":")[0] in ("127.0.0.1", "localhost"))


class InboundEventQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All to those who may read events, none to others."""
        return access.reachable(self, user, EventAction.READ)

    def due(self, now: datetime):
        """What a worker may take up: open, its time come, and in no other worker's hands."""
        free = Q(locked_until=None) | Q(locked_until__lte=now)
        return self.filter(free, state__in=OPEN, due_at__lte=now)

    def in_turn(self, now: datetime):
        """Without those whose subject has an earlier untried event, or one in a worker's hands.

        An event that failed and waits for its retry holds nobody up: handlers cope with disorder.
        """
        siblings = InboundEvent.objects.filter(
            source=OuterRef("source"), subject=OuterRef("subject"), state__in=OPEN
        ).exclude(pk=OuterRef("pk"))
        untried = Q(state=EventState.NEW, attempts=0)
        earlier = Q(occurred_at__lt=OuterRef("occurred_at")) | Q(
            occurred_at=OuterRef("occurred_at"), pk__lt=OuterRef("pk")
        )
        before = siblings.filter(Q(locked_until__gt=now) | (untried & earlier))
        return self.exclude(~Q(subject="") & Exists(before))


class InboundEvent(models.Model):
    """One event that a source sent, as it came. The same origin and id again is the same event, kept once."""

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    source = models.ForeignKey(EventSource, models.PROTECT, related_name="events", verbose_name=_("source"))
    origin = models.CharField(_("origin"), max_length=300, help_text=_("What the event calls its source."))
    event_id = models.CharField(_("event id"), max_length=200)
    type = models.CharField(_("type"), max_length=200)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"))
    form = models.CharField(_("form"), max_length=10, choices=EventForm)
    raw = models.BinaryField(_("body"))
    headers = models.JSONField(_("headers"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=EventState, default=EventState.NEW)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt at"))
    locked_until = models.DateTimeField(_("in a worker's hands until"), null=True)
    error = models.TextField(_("error"), blank=True)
    received_at = models.DateTimeField(_("received at"))
    processed_at = models.DateTimeField(_("processed at"), null=True)

    objects = InboundEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("inbound event")
        verbose_name_plural = _("inbound events")
        constraints = [
            models.UniqueConstraint(name="inbound_event_once", fields=["source", "origin", "event_id"]),
            models.CheckConstraint(name="inbound_event_state_known", condition=Q(state__in=EventState)),
            models.CheckConstraint(
                name="inbound_event_processed_has_time",
                condition=~Q(state="processed") | Q(processed_at__isnull=False),
            ),
        ]
        indexes = [
            # Workers read only what is open, and ask for siblings of the same subject.
            models.Index(name="inbound_event_due", fields=["due_at"], condition=Q(state__in=OPEN)),
            models.Index(
                name="inbound_event_turn",
                fields=["source", "subject", "occurred_at"],
                condition=Q(state__in=OPEN),
            ),
            models.Index(name="inbound_event_by_state", fields=["state", "-id"]),
            models.Index(name="inbound_event_by_type", fields=["type", "-id"]),
            models.Index(name="inbound_event_by_subject", fields=["subject", "-id"]),
            models.Index(name="inbound_event_received", fields=["received_at"]),
        ]

    def __str__(self):
        return f"{self.type} {self.event_id}"

    @property
    def waited(self) -> timedelta | None:
        """From its receipt to the end of the work on it; None while that lasts."""
        return self.processed_at - self.received_at if self.processed_at else None
