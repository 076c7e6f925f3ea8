from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.access.models.hours import WeeklyHours


def validate_networks(value: Any) -> None:
    """Raise ``ValidationError`` unless ``value`` is a list of addresses and networks such as ``10.0.0.0/8``."""
    if not isinstance(value, list):
        raise ValidationError(_("Networks are a list."))
    for at, network in enumerate(value):
        try:
            ip_network(network)
        except (TypeError, ValueError) as error:
            raise ValidationError(f"[{at}]: {error}") from error


class Vendor(WeeklyHours):
    """An outsourcing partner, whose people see personal data masked and never work outside of these bounds.

    Only ``apps.access.vendors`` writes it.
    """

    slug = models.SlugField(_lazy("slug"), unique=True)
    name = models.CharField(_lazy("name"), max_length=80)
    max_heads = models.PositiveIntegerField(
        _lazy("most people"), default=20, help_text=_lazy("Active users of this partner at one time.")
    )
    networks = models.JSONField(
        _lazy("networks"),
        default=list,
        blank=True,
        validators=[validate_networks],
        help_text=_lazy("Where they may work from, like [“203.0.113.0/24”]. Empty is anywhere."),
    )
    ends_on = models.DateField(
        _lazy("last day"), null=True, blank=True, help_text=_lazy("After it nobody of this partner gets in.")
    )
    reveals_per_hour = models.PositiveSmallIntegerField(
        _lazy("reveals an hour"),
        default=30,
        validators=[MinValueValidator(0), MaxValueValidator(1000)],
        help_text=_lazy("How many masked fields one person may uncover."),
    )
    is_active = models.BooleanField(
        _lazy("active"), default=True, help_text=_lazy("Off shuts all of its people out within five seconds.")
    )
    ended_at = models.DateTimeField(null=True, editable=False)  # the off-boarding was carried out

    class Meta:
        verbose_name = _lazy("partner")
        verbose_name_plural = _lazy("partners")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def is_over(self, now: datetime) -> bool:
        """Whether its last day, in its own zone, is past."""
        return self.ends_on is not None and now.astimezone(ZoneInfo(self.zone)).date() > self.ends_on

    def admits_address(self, ip: str | None) -> bool:
        """Whether somebody may work from ``ip``; an unknown address only where any is allowed."""
        if not self.networks:
            return True
        return ip is not None and any(ip_address(ip) in ip_network(network) for network in self.networks)


class Reveal(models.Model):
    """Somebody uncovered one masked field of one object, for a reason, until ``until``."""

    user = models.ForeignKey("access.User", models.CASCADE, related_name="reveals")
    target_type = models.CharField(max_length=80)  # a model's label, as the audit names it
    target_id = models.CharField(max_length=64)
    field = models.CharField(max_length=40)
    reason = models.CharField(max_length=200)
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _lazy("uncovered field")
        verbose_name_plural = _lazy("uncovered fields")
        indexes = [
            models.Index(name="reveal_in_force", fields=["user", "target_type", "target_id", "until"]),
            models.Index(name="reveal_budget", fields=["user", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.target_type} {self.target_id} {self.field}"
