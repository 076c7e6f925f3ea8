"""Which fields of a customer are personal data, and how they are uncovered one by one."""

from collections.abc import Collection, Iterable

from django.db.models.functions import Upper

from apps.access import names, viewing
from apps.access.models import User
from apps.access.viewing import Personal
from apps.customers.enums import IdentityKind
from apps.customers.models import Customer, Identity


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
    known = Identity.objects.filter(kind=IdentityKind.EMAIL, value__in=addresses).values_list("customer")
    shouted = [address.upper() for address in addresses]  # as the index has it; people write it as they like
    said = Customer.objects.annotate(shout=Upper("email")).filter(shout__in=shouted).values_list("pk")
    return (key for (key,) in known.union(said))  # two look-ups: an OR over both would read all customers
