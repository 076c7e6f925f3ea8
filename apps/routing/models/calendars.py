from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.routing.enums import Weekday
from apps.routing.hours import Interval


def validate_zone(name: str) -> None:
    """Refuse what is no IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone such as Asia/Shanghai."), params={"name": name}
        )


class ServiceCalendar(models.Model):
    """When a desk is open, week by week, in its own time zone. Without hours it never is."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    zone = models.CharField(
        _("time zone"), max_length=64, default="Asia/Shanghai", validators=[validate_zone]
    )

    class Meta:
        verbose_name = _("service calendar")
        verbose_name_plural = _("service calendars")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class ServiceHours(models.Model):
    """One opening of a weekday; it may cross midnight, and a day may have several."""

    calendar = models.ForeignKey(
        ServiceCalendar, models.CASCADE, related_name="hours", verbose_name=_("calendar")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"), help_text=_("At or before “opens” means on the next day."))

    class Meta:
        verbose_name = _("service hours")
        verbose_name_plural = _("service hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(name="hours_weekday_known", condition=Q(weekday__in=Weekday.values)),
            models.UniqueConstraint(name="hours_one_per_opening", fields=["calendar", "weekday", "opens"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def as_interval(self) -> Interval:
        return Interval(self.weekday, self.opens, self.closes)
