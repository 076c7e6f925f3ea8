from datetime import datetime

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.access.enums import RoleSlug


class User(AbstractUser):
    """Somebody who signs in: an agent, a supervisor, a manager, an auditor, or an API client."""

    display_name = models.CharField(
        _("display name"), max_length=80, blank=True, help_text=_("What customers see, e.g. “Mei”.")
    )
    locale = models.CharField(_("language"), max_length=12, default="en")
    zone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    is_api_client = models.BooleanField(default=False, editable=False)  # a program: no password, tokens only

    actor_kind = "user"

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.actor_label

    @property
    def actor_label(self) -> str:
        return self.display_name or self.get_full_name() or self.username


class ApiClientManager(UserManager):
    def get_queryset(self):
        return super().get_queryset().filter(is_api_client=True)


class ApiClient(User):
    """A program that uses the API: a user of its own, with roles like anybody's, that signs in by token only."""

    objects = ApiClientManager()

    class Meta:
        proxy = True
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")


class Role(models.Model):
    """A named set of actions. System roles follow the code; a policy document will stand behind each later."""

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    actions = models.JSONField(_("actions"), default=list)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["name"]

    def __str__(self) -> str:
        return str(RoleSlug(self.slug).label) if self.is_system else self.name

    @property
    def is_system(self) -> bool:
        return self.slug in RoleSlug.values


class GrantQuerySet(models.QuerySet):
    def in_force(self, now: datetime):
        """Grants that are worth something at ``now``: started, and not over."""
        return self.filter(
            Q(not_before=None) | Q(not_before__lte=now), Q(not_after=None) | Q(not_after__gt=now)
        )


class Grant(models.Model):
    """Gives ``user`` a role, for good or for a time."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name=_("user"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants", verbose_name=_("role"))
    not_before = models.DateTimeField(_("from"), null=True, blank=True)
    not_after = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(
                name="grant_ends_after_start",
                condition=Q(not_before=None) | Q(not_after=None) | Q(not_after__gt=F("not_before")),
            ),
            models.UniqueConstraint(
                name="grant_one_open_per_role", fields=["user", "role"], condition=Q(not_after=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} → {self.user}"


class ApiToken(models.Model):
    """A bearer token of a user. Only its digest is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

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
