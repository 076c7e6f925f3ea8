"""Which fields of a customer are personal data, and how they are uncovered one by one."""

from apps.access import viewing
from apps.access.models import User
from apps.access.viewing import Personal
from apps.customers.models import Customer


def _find(user: User, public_id: str) -> Customer | None:
    return Customer.objects.visible_to(user).filter(public_id=public_id).first()


FIELDS = {"name": Personal.NAME, "email": Personal.EMAIL, "phone": Personal.PHONE, "notes": Personal.TEXT}
viewing.register(viewing.Source(Customer, FIELDS, key=lambda customer: customer.public_id, find=_find))
