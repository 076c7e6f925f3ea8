from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from apps.common.errors import Invalid
from apps.orders.errors import RefundExceedsPaid
from apps.orders.models import Payment
from apps.orders.services import release_refund, reserve_refund
from apps.orders.tests.factories import PaymentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment():
    return PaymentFactory()


def test_reserve_refund_sets_aside(payment):
    reserved = reserve_refund(payment.pk, Decimal("30.00"))

    assert (reserved.refunded_amount, reserved.refundable.amount) == (Decimal("30.00"), Decimal("70.00"))


def test_reserve_refund_takes_all_that_was_paid(payment):
    reserve_refund(payment.pk, Decimal("60.00"))

    assert reserve_refund(payment.pk, Decimal("40.00")).refundable.amount == 0


def test_reserve_refund_of_more_than_is_left_changes_nothing(payment):
    reserve_refund(payment.pk, Decimal("60.00"))

    with pytest.raises(RefundExceedsPaid) as caught:
        reserve_refund(payment.pk, Decimal("40.01"))

    payment.refresh_from_db()
    assert payment.refunded_amount == 60
    assert caught.value.extra["refundable"] == {"amount": "40.00", "currency": "CNY"}


@pytest.mark.parametrize("service", [reserve_refund, release_refund])
@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_amount_that_is_not_positive_is_refused(payment, service, amount):
    with pytest.raises(Invalid):
        service(payment.pk, Decimal(amount))


def test_release_refund_gives_back(payment):
    reserve_refund(payment.pk, Decimal("30.00"))

    assert release_refund(payment.pk, Decimal("10.00")).refunded_amount == 20


def test_release_refund_of_more_than_is_reserved_is_refused(payment):
    reserve_refund(payment.pk, Decimal("30.00"))

    with pytest.raises(Invalid):
        release_refund(payment.pk, Decimal("30.01"))

    payment.refresh_from_db()
    assert payment.refunded_amount == 30


@pytest.mark.parametrize("amount", [Decimal("100.01"), Decimal("-0.01")])
def test_the_database_itself_refuses_what_no_service_would_write(payment, amount):
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(refunded_amount=amount)
