"""What of a payment is spoken for by refunds. Refunds call these inside their own transactions."""

from decimal import Decimal

from django.db import transaction

from apps.common.errors import Invalid
from apps.orders.errors import RefundExceedsPaid
from apps.orders.models import Payment


@transaction.atomic
def reserve_refund(payment_id: int, amount: Decimal) -> Payment:
    """Set ``amount`` of a payment aside for a refund, under the row's lock; returns the row as it is then.

    Raises ``RefundExceedsPaid`` when not so much is left, ``Invalid`` for an amount that is not positive.
    """
    payment = _locked(payment_id, amount)
    if payment.refunded_amount + amount > payment.paid_amount:
        raise RefundExceedsPaid(refundable=payment.refundable.as_json())
    payment.refunded_amount += amount
    payment.save(update_fields=["refunded_amount"])
    return payment


@transaction.atomic
def release_refund(payment_id: int, amount: Decimal) -> Payment:
    """Give back what ``reserve_refund`` set aside, since nothing was paid out.

    Raises ``Invalid`` for more than is set aside.
    """
    payment = _locked(payment_id, amount)
    if amount > payment.refunded_amount:
        raise Invalid("More would be released than was reserved.")
    payment.refunded_amount -= amount
    payment.save(update_fields=["refunded_amount"])
    return payment


def _locked(payment_id: int, amount: Decimal) -> Payment:
    if not amount > 0:
        raise Invalid("An amount to refund is positive.")
    return Payment.objects.select_for_update().get(pk=payment_id)
