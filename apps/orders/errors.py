from django.utils.translation import gettext_lazy as _

from apps.common.errors import DomainError, NotFound


class UnknownOrder(NotFound):
    """Neither the shop nor the mirror has this number."""

    code = "unknown_order"
    default_detail = _("There is no order with this number.")


class UnknownProduct(NotFound):
    """The shop's catalogue has no such article."""

    code = "unknown_product"
    default_detail = _("There is no product with this number.")


class SourceRefused(DomainError):
    """The shop understood the request and refused it, or answered what nobody can read."""

    code = "order_source_refused"
    status = 502
    default_detail = _("The order service refused the request.")

    def __init__(self, detail: object = "", *, reason: str = "", **extra: object) -> None:
        super().__init__(detail, reason=reason, **extra)
        self.reason = reason  # the shop's own code, such as ORDER_NOT_FOUND


class NoSource(DomainError):
    """No shop system is connected."""

    code = "no_order_source"
    status = 503
    default_detail = _("No shop system is connected.")


class RefundExceedsPaid(DomainError):
    """More would be paid back than was paid."""

    code = "refund_exceeds_paid"
    default_detail = _("This is more than what was paid and not yet refunded.")
