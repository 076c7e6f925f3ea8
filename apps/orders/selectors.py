from django.db.models import Q, QuerySet

from apps.access.models import User
from apps.customers.models import Customer
from apps.orders.models import Order, Product
from apps.orders.ownership import accounts_of


def mirrored(
    user: User, *, q: str = "", order_no: str = "", phone: str = "", email: str = ""
) -> QuerySet[Order]:
    """Mirrored orders that match all that is given, the newest first; none when nothing is given.

    A phone number is compared with what the shop shows of it: where that is masked, by its last four digits
    and the digits before the mask.
    """
    if not (q or order_no or phone or email):
        return Order.objects.none()
    found = Order.objects.visible_to(user).whole()
    if order_no:
        found = found.filter(order_no=order_no)
    if email:
        found = found.filter(email__iexact=email.strip())
    if phone:
        found = found.filter(phone_tail=_digits(phone)[-4:], pk__in=_with_phone(phone))
    return found.search(q).order_by("-placed_at", "-pk")


def _with_phone(phone: str) -> list[int]:
    digits = _digits(phone)
    rows = Order.objects.filter(phone_tail=digits[-4:]).exclude(phone_tail="")[:500]
    return [row.pk for row in rows if _could_be(row.phone_masked, digits)]


def _could_be(masked: str, digits: str) -> bool:
    """Whether ``digits`` may be the number behind ``masked``, with or without its country code."""
    shown = _digits(masked.partition("*")[0])
    return not shown or "*" not in masked or digits.startswith(shown) or shown.endswith(digits[:3])


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def newest(user: User) -> QuerySet[Order]:
    """All that the desk knows of, the newest first."""
    return Order.objects.visible_to(user).whole().order_by("-placed_at", "-pk")


def orders_of(customer: Customer) -> QuerySet[Order]:
    """What ``customer`` has proven to have bought, the newest first."""
    return (
        Order.objects.whole()
        .filter(Q(customer=customer) | Q(customer=None, buyer_id__in=accounts_of(customer)))
        .order_by("-placed_at", "-pk")
    )


def product(sku: str) -> Product | None:
    """The article of the catalogue, also one that is off sale."""
    return Product.objects.filter(sku=sku.strip().upper()).first()


def product_category(order: Order) -> str:
    """The category of the first article of ``order`` that the catalogue knows; empty when it knows none."""
    skus = list(order.lines.order_by("position").values_list("sku", flat=True))
    known = dict(Product.objects.filter(sku__in=skus).exclude(category="").values_list("sku", "category"))
    return next((known[sku] for sku in skus if sku in known), "")
