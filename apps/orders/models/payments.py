from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.money import Money
from apps.orders.models.orders import Order


class Payment(models.Model):
    """Money that came in for an order.

    ``refunded_amount`` is what refunds have reserved or paid back, written by ``reserve_refund`` and
    ``release_refund`` only, under the row's lock: it never exceeds what was paid.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    channel = models.CharField(_("paid through"), max_length=32)
    payment_ref = models.CharField(_("payment reference"), max_length=128)
    paid_amount = models.DecimalField(_("paid"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    refunded_amount = models.DecimalField(_("refunded"), max_digits=12, decimal_places=2, default=0)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="payment_reference_once", fields=["channel", "payment_ref"]),
            models.CheckConstraint(name="payment_reference_given", condition=~Q(payment_ref="")),
            models.CheckConstraint(
                name="payment_refunded_within_paid",
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("paid_amount")),
            ),
        ]

    def __str__(self):
        return f"{self.channel} {self.payment_ref}"

    @property
    def paid(self) -> Money:
        return Money(self.paid_amount, self.currency)

    @property
    def refundable(self) -> Money:
        """What may still be paid back, as far as this copy of the row knows."""
        return Money(self.paid_amount - self.refunded_amount, self.currency)
