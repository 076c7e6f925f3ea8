import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """One thing that was done. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

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
    data = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-pk"]
        indexes = [
            models.Index(name="audit_by_target", fields=["target_type", "target_id", "-id"]),
            models.Index(name="audit_by_actor", fields=["actor_kind", "actor_id", "-id"]),
            models.Index(name="audit_by_action", fields=["action", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.action} · {self.actor_name}"
