from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.access import services as access
from apps.customers.permissions import CustomerAction

validate_reference = RegexValidator(
    r"^[A-Za-z0-9][\w.:/-]*\Z", _("A number or key without spaces, such as T-1001.")
)


class PrivacyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All to those who may read what was done for privacy, none to others."""
        return access.reachable(self, user, CustomerAction.READ_PRIVACY)


def person(label, **options) -> models.ForeignKey:
    """Somebody of the desk who did something here."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=label, **options
    )


def reference() -> models.CharField:
    """Where something can be looked up; no words, so that it may outlive the data."""
    return models.CharField(
        _("reference"),
        max_length=64,
        blank=True,
        validators=[validate_reference],
        help_text=_("Where it can be looked up, such as T-1001. No names."),
    )
