"""Which fields of a customer are personal data, and how they are uncovered one by one."""

from collections.abc import Collection, Iterable

from django.db.models import Q

from apps.access import names, viewing
from apps.access.models import User
from apps.access.viewing import Personal
from apps.customers.enums import IdentityKind
from apps.customers.models import Customer


def _find(user: User, public_id: str) -> Customer | None:
    return Customer.objects.visible_to(user).filter(public_id=public_id).first()


FIELDS = {"name": Personal.NAME, "email": Personal.EMAIL, "phone": Personal.PHONE, "notes": Personal.TEXT}
viewing.register(
    viewing.Source(
        Customer,
        FIELDS,
        key=lambda customer: customer.public_id,
        find=_find,
        whose=lambda customer: customer.pk,
    )
)


@names.finder
def of_customers(keys: Collection[int]) -> Iterable[str]:
    """What they are called."""
    return Customer.objects.filter(pk__in=keys).exclude(name="").values_list("name", flat=True)


@names.owner_finder
def with_addresses(addresses: Collection[str]) -> Iterable[int]:
    """Whoever is known by one of these e-mail addresses, or has said that it is theirs."""
    known = Q(identities__kind=IdentityKind.EMAIL, identities__value__in=addresses)
    return Customer.objects.filter(known | Q(email__in=addresses)).values_list("pk", flat=True)
