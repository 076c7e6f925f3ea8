from datetime import timedelta

import factory
from django.utils import timezone

from apps.common.ids import digest
from apps.customers.claims import VerifiedClaims
from apps.customers.enums import IdentityKind
from apps.customers.models import Customer, Identity


class CustomerFactory(factory.django.DjangoModelFactory):
    """A visitor with a name; ``shop="web:42"`` or ``device="key"`` adds that identity."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    name = factory.Sequence("Customer {}".format)

    @factory.post_generation
    def shop(self, create, value, **kwargs):
        if value:
            IdentityFactory(customer=self, kind=IdentityKind.SHOP, value=value, verified_at=timezone.now())

    @factory.post_generation
    def device(self, create, key, **kwargs):
        if key:
            IdentityFactory(customer=self, kind=IdentityKind.DEVICE, value=digest(key))


class IdentityFactory(factory.django.DjangoModelFactory):
    """A device that brings its own customer."""

    class Meta:
        model = Identity

    customer = factory.SubFactory(CustomerFactory)
    kind = IdentityKind.DEVICE
    value = factory.Sequence("{:064x}".format)


def claims(sub: str = "42", **fields) -> VerifiedClaims:
    """What the shop of the inbox ``web`` says about its customer ``sub``."""
    values = {"inbox": "web", "jti": "j1", "expires_at": timezone.now() + timedelta(hours=1)}
    return VerifiedClaims(sub=sub, **(values | fields))
