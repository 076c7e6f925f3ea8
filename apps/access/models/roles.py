from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.access.enums import GrantKind, GrantState, RoleSlug
from apps.access.models.hours import WeeklyHours
from apps.access.models.people import User
from apps.access.models.policies import Policy
from apps.common.ids import public_id

MAX_SESSION_HOURS = 12
# Long ago zones were off by seconds, which no client of the API can read.
RECENT = MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC), message=_("Not before the year 2000."))


class Role(WeeklyHours):
    """A named set of actions and policies. System roles follow the code.

    ``actions`` is the role's inline policy: without ``Any`` they reach own objects and those of own queues and
    inboxes, with it everything. Outside of its hours a role is worth nothing.
    """

    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    actions = models.JSONField(_("actions"), default=list, blank=True)
    policies = models.ManyToManyField(
        Policy,
        related_name="roles",
        blank=True,
        verbose_name=_("policies"),
        help_text=_("What else it says."),
    )
    requires_mfa = models.BooleanField(
        _("second factor"), default=False, help_text=_("Whoever holds it signs in with a second factor.")
    )
    needs_approval = models.BooleanField(
        _("needs approval"), default=False, help_text=_("A second person confirms each grant of it.")
    )
    max_session_hours = models.PositiveSmallIntegerField(
        _("longest session (hours)"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_SESSION_HOURS)],
        help_text=_("For how long it can be taken on by those who hold it on demand."),
    )
    is_break_glass = models.BooleanField(
        _("for emergencies"),
        default=False,
        help_text=_("Taken on with a reason; everybody in charge is told."),
    )

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
        """Standing grants that are worth something at ``now``: confirmed, started, and not over."""
        return self.usable(now).filter(kind=GrantKind.STANDING)

    def usable(self, now: datetime):
        """Those and the ones by which a role can be taken on at ``now``."""
        return self.filter(
            Q(not_before=None) | Q(not_before__lte=now),
            Q(not_after=None) | Q(not_after__gt=now),
            state=GrantState.ACTIVE,
        )

    def live(self):
        """Those that were neither rejected nor taken back, over or not."""
        return self.filter(state__in=[GrantState.REQUESTED, GrantState.ACTIVE])

    def open(self, now: datetime):
        """Those that wait for approval, count, or will count."""
        return self.live().filter(Q(not_after=None) | Q(not_after__gt=now))

    def lapsed(self, now: datetime):
        """Those whose time is over, which is not on record yet."""
        return self.live().filter(not_after__lte=now, expiry_noted_at=None)


class Grant(models.Model):
    """Gives ``user`` a role, for good or for a time; on demand, it lets them take it on for some hours."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants", verbose_name=_("user"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants", verbose_name=_("role"))
    kind = models.CharField(_("kind"), max_length=10, choices=GrantKind, default=GrantKind.STANDING)
    state = models.CharField(_("state"), max_length=10, choices=GrantState, default=GrantState.ACTIVE)
    not_before = models.DateTimeField(_("from"), null=True, blank=True, validators=[RECENT])
    not_after = models.DateTimeField(_("until"), null=True, blank=True, validators=[RECENT])
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    ticket_ref = models.CharField(_("ticket"), max_length=40, blank=True)
    requested_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("asked for by")
    )
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("taken by")
    )
    revoked_at = models.DateTimeField(_("taken at"), null=True, editable=False)
    expiry_noted_at = models.DateTimeField(null=True, editable=False)  # the audit has its end
    # Who gives it and takes it back: empty for people, else the company's sign-in, as "sso:<provider>".
    origin = models.CharField(_("origin"), max_length=80, blank=True, editable=False)
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
                name="grant_one_open_per_role",
                fields=["user", "role"],
                condition=Q(not_after=None, state__in=[GrantState.ACTIVE, GrantState.REQUESTED]),
            ),
            models.CheckConstraint(name="grant_kind_known", condition=Q(kind__in=GrantKind)),
            models.CheckConstraint(name="grant_state_known", condition=Q(state__in=GrantState)),
            # Nobody confirms what they asked for.
            models.CheckConstraint(
                name="grant_maker_is_not_checker",
                condition=Q(requested_by=None) | Q(decided_by=None) | ~Q(requested_by=F("decided_by")),
            ),
            # Nor what they are to get.
            models.CheckConstraint(
                name="grant_holder_is_not_checker",
                condition=Q(decided_by=None) | ~Q(user=F("decided_by")),
            ),
            models.UniqueConstraint(
                name="grant_one_request", fields=["user", "role"], condition=Q(state=GrantState.REQUESTED)
            ),
            models.CheckConstraint(
                name="grant_revoked_has_time",
                condition=Q(state=GrantState.REVOKED, revoked_at__isnull=False)
                | (~Q(state=GrantState.REVOKED) & Q(revoked_at=None)),
            ),
        ]
        indexes = [
            models.Index(
                name="grant_expiring",
                fields=["not_after"],
                condition=Q(not_after__isnull=False, expiry_noted_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} → {self.user}"

    def is_over(self, now: datetime) -> bool:
        return self.not_after is not None and self.not_after <= now

    def facts(self) -> dict[str, Any]:
        """What the audit keeps of it."""
        return {
            "user": self.user_id,
            "role": self.role.slug,
            "kind": str(GrantKind(self.kind).value),
            "state": str(GrantState(self.state).value),
            "not_before": self.not_before.isoformat() if self.not_before else None,
            "not_after": self.not_after.isoformat() if self.not_after else None,
            "reason": self.reason,
            "ticket": self.ticket_ref,
        }


class RoleSessionQuerySet(models.QuerySet):
    def in_force(self, now: datetime):
        """Sessions that are worth something at ``now``."""
        return self.filter(ended_at=None, not_after__gt=now, started_at__lte=now)

    def open(self, now: datetime):
        """Those and the ones that begin a moment later, by the clock of another machine."""
        return self.filter(ended_at=None, not_after__gt=now)

    def lapsed(self, now: datetime):
        """Those whose time is over, which is not on record yet."""
        return self.filter(ended_at=None, not_after__lte=now, expiry_noted_at=None)


class RoleSession(models.Model):
    """Somebody took a role on for some hours, as STS AssumeRole does.

    ``policy``, a document, narrows it: what the session allows, the role and the document both allow.
    """

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="role_sessions", verbose_name=_("user"))
    role = models.ForeignKey(Role, models.PROTECT, related_name="sessions", verbose_name=_("role"))
    grant = models.ForeignKey(Grant, models.SET_NULL, null=True, related_name="sessions")
    reason = models.CharField(_("reason"), max_length=200)
    ticket_ref = models.CharField(_("ticket"), max_length=40, blank=True)
    policy = models.JSONField(_("narrowed by"), null=True, blank=True)
    break_glass = models.BooleanField(_("emergency"), default=False)
    started_at = models.DateTimeField(_("from"), default=timezone.now)
    not_after = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    expiry_noted_at = models.DateTimeField(null=True, editable=False)
    token: str | None = None  # while it is shown to whoever made it

    objects = RoleSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("assumed role")
        verbose_name_plural = _("assumed roles")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="role_session_bounded",
                condition=Q(not_after__gt=F("started_at"))
                & Q(not_after__lte=F("started_at") + timedelta(hours=MAX_SESSION_HOURS)),
            ),
            models.CheckConstraint(name="role_session_has_reason", condition=~Q(reason="")),
            models.UniqueConstraint(
                name="role_session_one_live",
                fields=["user", "role"],
                condition=Q(ended_at=None, expiry_noted_at=None),
            ),
        ]
        indexes = [
            models.Index(name="role_session_live", fields=["user", "not_after"], condition=Q(ended_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.role} → {self.user}"
