from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from apps.access.actors import SYSTEM
from apps.audit.models import AuditEvent
from apps.customers.enums import IdentityKind
from apps.customers.models import Customer, Identity
from apps.customers.services import find_or_create, update_contact
from apps.customers.tests.factories import CustomerFactory, IdentityFactory, claims

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 20


def at_once(call, arguments):
    """Results of ``call`` with each of ``arguments``, all started together."""
    barrier = Barrier(len(arguments))

    def run(argument):
        try:
            barrier.wait(30)
            return call(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(run, arguments))


def test_one_sub_asked_for_at_once_is_one_customer():
    found = at_once(
        lambda _: find_or_create(claims=claims("42", email="mei@shop.example")).pk, range(THREADS)
    )

    assert len(set(found)) == 1
    assert Customer.objects.count() == 1
    assert Identity.objects.filter(kind=IdentityKind.SHOP).count() == 1


def test_one_device_asked_for_at_once_is_one_customer():
    found = at_once(lambda _: find_or_create(device="key-1").pk, range(THREADS))

    assert len(set(found)) == 1
    assert Customer.objects.count() == 1


def test_one_sub_asked_for_by_many_visitors_at_once_is_one_customer():
    visitors = CustomerFactory.create_batch(THREADS)

    found = at_once(lambda visitor: find_or_create(known=visitor, claims=claims("42")).pk, visitors)

    assert len(set(found)) == 1
    assert Customer.objects.count() == THREADS


def test_one_visitor_signing_in_to_many_accounts_at_once_gets_one_of_them():
    visitor = CustomerFactory()

    found = at_once(lambda sub: find_or_create(known=visitor, claims=claims(str(sub))).pk, range(THREADS))

    assert len(set(found)) == THREADS
    assert visitor.identities.filter(kind=IdentityKind.SHOP).count() == 1


def test_one_account_asked_for_inside_larger_transactions_is_one_customer():
    def open_something(_):
        with transaction.atomic():
            Customer.objects.count()  # the snapshot of a statement is over when the next begins
            return find_or_create(claims=claims("42")).pk

    assert len(set(at_once(open_something, range(THREADS)))) == 1


def test_changes_of_different_fields_at_once_are_all_kept():
    customer = CustomerFactory(name="", email="", phone="")
    changes = [{"name": "Mei"}, {"email": "mei@shop.example"}, {"phone": "+86138000"}]

    at_once(
        lambda change: update_contact(Customer.objects.get(pk=customer.pk), actor=SYSTEM, **change), changes
    )

    customer.refresh_from_db()
    assert (customer.name, customer.email, customer.phone) == ("Mei", "mei@shop.example", "+86138000")
    assert AuditEvent.objects.filter(action="customers:UpdateCustomer").count() == 3


def test_who_loses_the_race_leaves_no_customer_behind():
    def find(number):
        return find_or_create(device=f"key-{number % 2}", name=f"Visitor {number}").pk

    found = at_once(find, range(THREADS))

    assert set(found) == set(Customer.objects.values_list("pk", flat=True))
    assert len(set(found)) == 2


def test_two_customers_cannot_share_a_device_or_an_account():
    device = IdentityFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityFactory(value=device.value)


def test_two_customers_may_share_an_address():
    for customer in CustomerFactory.create_batch(2):
        IdentityFactory(customer=customer, kind=IdentityKind.EMAIL, value="family@shop.example")

    assert Identity.objects.count() == 2


def test_an_account_is_never_unverified():
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityFactory(kind=IdentityKind.SHOP, value="web:42", verified_at=None)


def test_an_identity_is_never_empty():
    with pytest.raises(IntegrityError), transaction.atomic():
        IdentityFactory(value="")


def test_an_unknown_level_is_refused():
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerFactory(level="gold")
