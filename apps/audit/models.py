import uuid

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class TransactionNumber(models.Func):
    """Number of the transaction that writes the row; grows for good, also over a restore into another server."""

    template = "audit_transaction()"
    output_field = models.BigIntegerField()


class AuditEventQuerySet(models.QuerySet):
    def deeds(self):
        """What was changed: neither reads nor refusals."""
        return self.filter(is_read=False, error_code="")

    def refusals(self):
        """What was tried and not allowed."""
        return self.exclude(error_code="")

    def unsealed(self):
        """What is newer than the last seal."""
        sealed = AuditSeal.objects.order_by("-number").values("upper")[:1]
        return self.filter(xid__gte=Coalesce(models.Subquery(sealed), 0))

    def about_object(self, target_type: str, target_id: str):
        """The history of one object."""
        return self.filter(target_type=target_type, target_id=target_id)


class AuditEvent(models.Model):
    """One thing that was done, read or refused. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE.

    Another one sets ``xid``, whatever an INSERT says: seals cover ranges of it, and outside an event would escape.

    ``apps.audit.trail`` shows a row in the shape of ActionTrail; ``apps.audit.leaves`` says which bytes are sealed.
    """

    event_id = models.UUIDField(_("event id"), default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(_("at"))
    action = models.CharField(_("action"), max_length=80)
    actor_kind = models.CharField(_("actor kind"), max_length=12)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    actor_name = models.CharField(_("actor"), max_length=150)
    target_type = models.CharField(_("target type"), max_length=80, blank=True)
    target_id = models.CharField(_("target id"), max_length=64, blank=True)
    source = models.CharField(_("source"), max_length=12, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)
    is_read = models.BooleanField(_("only read"), default=False)
    error_code = models.CharField(_("error code"), max_length=64, blank=True, default="")
    error_message = models.CharField(_("error message"), max_length=300, blank=True, default="")
    # How the actor was known: {"mfa": true, "key": "…", "vendor": 3}.
    identity = models.JSONField(_("identity"), default=dict)
    data = models.JSONField(_("details"), default=dict)
    response = models.JSONField(_("answer"), default=dict)
    about = models.JSONField(_("also about"), default=dict)  # {"orders.order": ["17"]}
    xid = models.BigIntegerField(_("transaction"), db_default=TransactionNumber(), editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-pk"]
        indexes = [
            models.Index(name="audit_by_target", fields=["target_type", "target_id", "-id"]),
            models.Index(name="audit_by_actor", fields=["actor_kind", "actor_id", "-id"]),
            models.Index(name="audit_by_action", fields=["action", "-id"]),
            models.Index(name="audit_by_ip", fields=["ip", "-id"], condition=Q(ip__isnull=False)),
            models.Index(name="audit_refusals", fields=["-id"], condition=~Q(error_code="")),
            # Rows come nearly in this order and never move: a few bytes for a thousand of them.
            BrinIndex(name="audit_by_xid", fields=["xid"], autosummarize=True, pages_per_range=32),
            BrinIndex(name="audit_by_time", fields=["at"], autosummarize=True, pages_per_range=32),
        ]
        constraints = [models.CheckConstraint(name="audit_xid_not_negative", condition=Q(xid__gte=0))]

    def __str__(self) -> str:
        return f"{self.action} · {self.actor_name}"


class AuditSealQuerySet(models.QuerySet):
    def headers(self):
        """Without the members, which are 40 bytes an event."""
        return self.defer("members")


class AuditSeal(models.Model):
    """A batch of events under one hash, chained to the batch before. Append-only, as the events are.

    Holds all events of the transactions ``lower`` ≤ xid < ``upper``; the ranges follow each other without a gap.
    """

    number = models.BigIntegerField(_("number"), primary_key=True)
    version = models.SmallIntegerField(_("version"))  # of the bytes of an event, see ``leaves``
    lower = models.BigIntegerField(_("from transaction"), unique=True)
    upper = models.BigIntegerField(_("up to transaction"), unique=True)
    count = models.IntegerField(_("events"))
    total = models.BigIntegerField(_("events so far"))
    first_id = models.BigIntegerField(_("smallest id"))
    last_id = models.BigIntegerField(_("largest id"))
    members = models.BinaryField(_("members"))  # id (8 bytes) and leaf hash (32) of each, by xid and id
    root = models.CharField(_("root"), max_length=64)
    previous = models.CharField(_("previous hash"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)
    sealed_at = models.DateTimeField(_("sealed at"))

    objects = AuditSealQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit seal")
        verbose_name_plural = _("audit seals")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(name="audit_seal_not_empty", condition=Q(count__gt=0)),
            models.CheckConstraint(name="audit_seal_range", condition=Q(upper__gt=models.F("lower"))),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.hash[:16]}"


class AuditCursor(models.Model):
    """How far the trail has been sent to an outside store: all events of the seals up to ``seal``, ``offset`` more."""

    name = models.CharField(_("store"), max_length=16, primary_key=True)
    seal = models.BigIntegerField(_("seal"), default=0)
    offset = models.IntegerField(_("events of the next seal"), default=0)
    attempts = models.IntegerField(_("failed attempts"), default=0)
    due_at = models.DateTimeField(_("next attempt"), null=True)
    leased_until = models.DateTimeField(_("being sent until"), null=True)
    sent_at = models.DateTimeField(_("last sent"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("audit store")
        verbose_name_plural = _("audit stores")

    def __str__(self) -> str:
        return self.name
