from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from apps.access.models.people import User


class WebSessionQuerySet(models.QuerySet):
    def live(self, now: datetime):
        """Those whose cookie still opens something at ``now``, give or take the minute in which nothing is noted."""
        keys = Session.objects.filter(expire_date__gt=now).values("session_key")
        seen = now - timedelta(minutes=settings.SESSION_IDLE_MIN + 1)
        since = now - timedelta(hours=settings.SESSION_MAX_HOURS)
        return self.filter(
            session_key__in=keys, user__is_active=True, last_seen_at__gt=seen, started_at__gt=since
        )


class WebSession(models.Model):
    """A browser in which somebody is signed in. Gone, with Django's own session, once they are signed out."""

    user = models.ForeignKey(User, models.CASCADE, related_name="web_sessions", verbose_name=_("user"))
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    method = models.CharField(_("signed in with"), max_length=20)  # password, or the provider's name
    mfa = models.BooleanField(_("second factor"), default=False)
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    started_at = models.DateTimeField(_("since"))
    last_seen_at = models.DateTimeField(_("last seen"))

    objects = WebSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ["-last_seen_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.user} · {self.ip or '–'}"


# One statement: failures that arrive together are all counted.
_COUNT = """
INSERT INTO access_lockout AS kept (name, ip, failures, since, until)
VALUES (%(name)s, %(ip)s, 1, %(now)s, CASE WHEN %(limit)s <= 1 THEN %(end)s::timestamptz END)
ON CONFLICT (name, ip) DO UPDATE SET
    failures = CASE WHEN kept.since < %(start)s THEN 1 ELSE kept.failures + 1 END,
    since = CASE WHEN kept.since < %(start)s THEN excluded.since ELSE kept.since END,
    until = CASE
        WHEN kept.until > %(now)s THEN kept.until
        WHEN kept.since >= %(start)s AND kept.failures + 1 >= %(limit)s THEN %(end)s::timestamptz
    END
RETURNING failures, until
"""


class LockOutQuerySet(models.QuerySet):
    def locked(self, now: datetime):
        return self.filter(until__gt=now)

    def note_failure(
        self, name: str, ip: str, *, now: datetime, limit: int, window: timedelta, lock: timedelta
    ) -> tuple[int, datetime | None]:
        """Count one more; ``(failures in the window, locked until)``. The ``limit``-th locks."""
        values: dict[str, Any] = {
            "name": name,
            "ip": ip,
            "now": now,
            "start": now - window,
            "limit": limit,
            "end": now + lock,
        }
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, values)
            return cursor.fetchone()


class LockOut(models.Model):
    """Failures to sign in as one name from one address; an empty name: with any name from that address.

    Instead of an address may stand what failures of one name are counted by, wherever they come from (``lockout``).

    Names are kept as they were typed, in lower case, whether somebody is called so or not: the answers to a
    stranger must not tell.
    """

    name = models.CharField(_("user name"), max_length=150, blank=True)
    ip = models.CharField(_("IP address"), max_length=45, blank=True)
    failures = models.PositiveIntegerField(_("failures"))
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("locked until"), null=True)

    objects = LockOutQuerySet.as_manager()

    class Meta:
        verbose_name = _("lock-out")
        verbose_name_plural = _("lock-outs")
        ordering = ["-since", "-pk"]
        constraints = [models.UniqueConstraint(name="lock_out_once", fields=["name", "ip"])]

    def __str__(self) -> str:
        return f"{self.name or '*'} · {self.ip}"
