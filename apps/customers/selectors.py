from dataclasses import dataclass
from datetime import datetime

from apps.common.errors import NotFound
from apps.customers.enums import IdentityKind
from apps.customers.models import Customer


@dataclass(frozen=True)
class CustomerSummary:
    """What a card about a customer shows."""

    id: str  # the public id
    name: str  # never empty: nameless visitors have a label
    email: str
    phone: str
    locale: str
    zone: str
    level: str
    notes: str
    verified: bool  # a shop has signed who they are
    verified_by: tuple[str, ...]  # kinds of verified identities, sorted
    created_at: datetime
    last_seen_at: datetime


def customer_summary(customer: Customer) -> CustomerSummary:
    """The card of ``customer``, in one query."""
    verified = customer.identities.filter(verified_at__isnull=False)
    kinds = sorted(set(verified.values_list("kind", flat=True)))
    return CustomerSummary(
        id=customer.public_id,
        name=customer.actor_label,
        email=customer.email,
        phone=customer.phone,
        locale=customer.locale,
        zone=customer.zone,
        level=customer.level,
        notes=customer.notes,
        verified=IdentityKind.SHOP in kinds,
        verified_by=tuple(kinds),
        created_at=customer.created_at,
        last_seen_at=customer.last_seen_at,
    )


def visible_customer(user, public_id: str) -> Customer:
    """The customer, when ``user`` may read it. Raises ``NotFound`` otherwise."""
    customer = Customer.objects.visible_to(user).filter(public_id=public_id).first()
    if customer is None:
        raise NotFound()
    return customer
