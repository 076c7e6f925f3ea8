from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.routing.enums import Weekday
from apps.routing.hours import Interval, Period, Schedule


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

    def schedule(self) -> Schedule:
        """Week and special periods for the pure functions of ``hours``: up to three queries, unless prefetched."""
        return Schedule(
            week=tuple(row.as_interval() for row in self.hours.all()),
            zone=self.tz,
            periods=tuple(row.as_period() for row in self.periods.all()),
        )


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


class SpecialPeriod(models.Model):
    """Days on which the week does not count: other hours, or closed when there are none (Double 11, 618, holidays)."""

    calendar = models.ForeignKey(
        ServiceCalendar, models.CASCADE, related_name="periods", verbose_name=_("calendar")
    )
    name = models.CharField(_("name"), max_length=80)
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), help_text=_("Included."))
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("Where periods overlap, the higher one counts.")
    )

    class Meta:
        verbose_name = _("special period")
        verbose_name_plural = _("special periods")
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                name="period_ends_after_start", condition=Q(last_day__gte=models.F("first_day"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.first_day:%d.%m.%Y}–{self.last_day:%d.%m.%Y})"

    def as_period(self) -> Period:
        times = tuple((row.opens, row.closes) for row in self.hours.all())
        return Period(self.name, self.first_day, self.last_day, times, self.priority)


class SpecialHours(models.Model):
    """One opening on each day of a special period; it may cross midnight."""

    period = models.ForeignKey(
        SpecialPeriod, models.CASCADE, related_name="hours", verbose_name=_("special period")
    )
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"), help_text=_("At or before “opens” means on the next day."))

    class Meta:
        verbose_name = _("special hours")
        verbose_name_plural = _("special hours")
        ordering = ["opens"]
        constraints = [
            models.UniqueConstraint(name="special_hours_one_per_opening", fields=["period", "opens"]),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}–{self.closes:%H:%M}"
