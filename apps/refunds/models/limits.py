from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RefundLimit(models.Model):
    """How much money a role decides about, in one currency. Without a row it decides about none.

    ``own_amount``: what its people ask for goes out without a second person while the refunds of the order that
    nobody approved stay within it. ``approve_amount``: up to here they may approve what others ask for.
    """

    role = models.ForeignKey(
        "access.Role", models.CASCADE, related_name="refund_limits", verbose_name=_("role")
    )
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator(r"^[A-Z]{3}\Z", _("Three capital letters."))]
    )
    own_amount = models.DecimalField(
        _("without a second person up to"),
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text=_("Per order. 0: every refund needs a second person."),
    )
    approve_amount = models.DecimalField(
        _("may approve up to"),
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text=_("Per refund that somebody else asked for. 0: none."),
    )

    class Meta:
        verbose_name = _("refund limit")
        verbose_name_plural = _("refund limits")
        ordering = ["currency", "role"]
        constraints = [
            models.UniqueConstraint(name="refund_limit_once", fields=["role", "currency"]),
            models.CheckConstraint(
                name="refund_limit_not_negative", condition=Q(own_amount__gte=0, approve_amount__gte=0)
            ),
            models.CheckConstraint(name="refund_limit_currency", condition=Q(currency__regex=r"^[A-Z]{3}$")),
        ]

    def __str__(self):
        return f"{self.role} {self.currency}"
