from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.access.models.people import User
from apps.access.models.roles import RoleSession


class ApiTokenQuerySet(models.QuerySet):
    def in_force(self, now: datetime):
        """Tokens that name an active user at ``now``; those of an assumed role as long as it lasts.

        A superuser is not bound by roles, so that a token of one would be worth more than its role.
        """
        lasting = Q(session__ended_at=None, session__not_after__gt=now, user__is_superuser=False)
        lasting |= Q(session=None)
        return self.filter(lasting, expires_at__gt=now, revoked_at=None, user__is_active=True)


class ApiToken(models.Model):
    """A bearer token of a user. Only its digest is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(
        _("scopes"),
        default=list,
        blank=True,
        help_text=_("Patterns of actions that it is good for; empty: all."),
    )
    session = models.ForeignKey(
        RoleSession,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="tokens",
        verbose_name=_("assumed role"),
    )
    issued_by = models.ForeignKey(  # whoever saw it; a program's is theirs from then on
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name


class IdempotentCall(models.Model):
    """One call with an ``Idempotency-Key`` and, once finished, its answer. See ``apps.access.idempotency``."""

    principal = models.CharField(max_length=80)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="idempotent_call_once", fields=["principal", "method", "path", "key"]
            ),
            models.CheckConstraint(
                name="idempotent_call_finished_has_status",
                condition=Q(finished_at=None, status=None)
                | Q(finished_at__isnull=False, status__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
