"""Whose order it is: only what somebody has proven links a customer to an order."""

from apps.customers.enums import IdentityKind
from apps.customers.models import Customer, Identity
from apps.inboxes.models import Inbox
from apps.orders.models import Order


def customer_of(order: Order) -> Customer | None:
    """Who owns the buyer's shop account, else who has verified the order's e-mail address; None when in doubt."""
    return _only(_by_account(order.buyer_id)) or _only(_by_email(order.email))


def _by_account(buyer_id: str) -> list[Customer]:
    """Each inbox names accounts on its own, so one account may be known under several."""
    if not buyer_id:
        return []
    values = [f"{slug}:{buyer_id}" for slug in Inbox.objects.values_list("slug", flat=True)]
    return _owners(kind=IdentityKind.SHOP, value__in=values)


def _by_email(email: str) -> list[Customer]:
    return _owners(kind=IdentityKind.EMAIL, value=email.lower(), verified_at__isnull=False) if email else []


def _owners(**criteria: object) -> list[Customer]:
    owners = Identity.objects.filter(**criteria).values("customer")
    return list(Customer.objects.filter(pk__in=owners)[:2])


def _only(customers: list[Customer]) -> Customer | None:
    return customers[0] if len(customers) == 1 else None


def accounts_of(customer: Customer) -> list[str]:
    """The shop's ids of ``customer``."""
    values = Identity.objects.filter(customer=customer, kind=IdentityKind.SHOP).values_list(
        "value", flat=True
    )
    return sorted({value.partition(":")[2] for value in values})


def verified_emails(customer: Customer) -> list[str]:
    """E-mail addresses that the shop has vouched for, in lower case."""
    kept = Identity.objects.filter(
        customer=customer, kind=IdentityKind.EMAIL, verified_at__isnull=False
    ).values_list("value", flat=True)
    return sorted(kept)
