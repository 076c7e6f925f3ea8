from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.customers.privacy.enums import ConsentPurpose, ConsentSource
from apps.customers.privacy.models.base import PrivacyQuerySet, person, reference


class LegalHold(models.Model):
    """While it lasts, nothing of the customer goes: neither by erasure nor by age."""

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="holds", verbose_name=_("customer")
    )
    reason = models.CharField(_("reason"), max_length=200)
    placed_by = person(_("placed by"))
    placed_at = models.DateTimeField(_("placed at"))
    lifted_by = person(_("lifted by"), null=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True)

    objects = PrivacyQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="hold_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="hold_lifted_by_somebody",
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="hold_one_per_customer", fields=["customer"], condition=Q(lifted_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Consent(models.Model):
    """Somebody agreed to a purpose or no longer does. Append-only: the newest row of a purpose counts.

    Holds no words, only where they can be looked up, so that it may outlive the data.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="consents", verbose_name=_("customer")
    )
    purpose = models.CharField(_("purpose"), max_length=12, choices=ConsentPurpose)
    is_given = models.BooleanField(_("agreed"))
    source = models.CharField(_("source"), max_length=8, choices=ConsentSource)
    reference = reference()
    recorded_by = person(_("recorded by"), null=True)
    at = models.DateTimeField(_("at"))

    objects = PrivacyQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="consent_purpose_known", condition=Q(purpose__in=ConsentPurpose)),
            models.CheckConstraint(name="consent_source_known", condition=Q(source__in=ConsentSource)),
        ]
        indexes = [models.Index(name="consent_of_customer", fields=["customer", "purpose", "-id"])]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.is_given}"
