from decimal import Decimal

import factory
from django.utils import timezone

from apps.access.models import Role
from apps.access.tests.factories import StaffFactory
from apps.customers.tests.factories import CustomerFactory
from apps.orders.models import Order, Payment
from apps.orders.services.payments import reserve_refund
from apps.orders.tests.factories import OrderFactory, PaymentFactory
from apps.refunds.enums import ENDED, OPEN, RELEASED, RefundReason, RefundState
from apps.refunds.models import Refund, RefundLimit


def limit(role: str, *, own="0", approve="0", currency="CNY") -> RefundLimit:
    """How much ``role`` decides about."""
    return RefundLimit.objects.create(
        role=Role.objects.get(slug=role),
        currency=currency,
        own_amount=Decimal(own),
        approve_amount=Decimal(approve),
    )


def paid_order(amount="100.00", *, currency="CNY", **fields) -> Order:
    """An order of one known customer with one payment of ``amount``."""
    fields.setdefault("customer", CustomerFactory(email="buyer@mail.example"))
    order = OrderFactory(currency=currency, paid_amount=Decimal(amount), **fields)
    PaymentFactory(order=order, paid_amount=Decimal(amount), currency=currency)
    return order


class RefundFactory(factory.django.DjangoModelFactory):
    """A bare row of ¥10.00 in ``state``, with its money set aside where it has to be."""

    class Meta:
        model = Refund
        skip_postgeneration_save = True

    state = RefundState.REQUESTED
    order = factory.LazyFunction(paid_order)
    payment = factory.LazyAttribute(lambda refund: refund.order.payments.get())
    customer = factory.SelfAttribute("order.customer")
    amount = Decimal("10.00")
    currency = factory.SelfAttribute("payment.currency")
    reason = RefundReason.DAMAGED
    requested_by = factory.SubFactory(StaffFactory, role="agent")
    requested_at = factory.LazyFunction(timezone.now)
    needs_approval = factory.LazyAttribute(
        lambda refund: refund.state in (RefundState.REQUESTED, RefundState.REJECTED)
    )
    decided_by = factory.Maybe("is_rejected", factory.SubFactory(StaffFactory), None)
    decided_at = factory.LazyAttribute(lambda refund: refund.requested_at if refund.decided_by else None)
    gateway = "rest"
    due_at = factory.LazyAttribute(lambda refund: refund.requested_at if refund.state in OPEN else None)
    ended_at = factory.LazyAttribute(lambda refund: refund.requested_at if refund.state in ENDED else None)
    unknown_since = factory.LazyAttribute(
        lambda refund: refund.requested_at if refund.state == RefundState.UNKNOWN else None
    )
    settled_at = factory.LazyAttribute(
        lambda refund: refund.requested_at if refund.state == RefundState.SUCCEEDED else None
    )

    class Params:
        is_rejected = factory.LazyAttribute(lambda refund: refund.state == RefundState.REJECTED)

    @factory.post_generation
    def reserved(self, create, *_args, **_kwargs):
        if create and self.state not in RELEASED:
            reserve_refund(self.payment_id, self.amount)


def reserved(order: Order) -> Decimal:
    """What is spoken for of the payments of ``order``."""
    return sum(Payment.objects.filter(order=order).values_list("refunded_amount", flat=True), Decimal(0))
